import { fontFamily, type Scene, type Shape } from './scene.ts';

/** Paints a scene on an empty canvas whose scale is that of CSS pixels; the page is its background. */
export function paintScene(context: CanvasRenderingContext2D, scene: Scene): void {
  context.textBaseline = 'middle';
  for (const shape of scene.shapes) {
    if (shape.kind === 'rect') {
      context.fillStyle = shape.fill;
      context.fillRect(shape.x, shape.y, shape.width, shape.height);
    } else if (shape.kind === 'text') paintText(context, shape);
    else paintPath(context, shape);
  }
}

function paintText(
  context: CanvasRenderingContext2D,
  shape: Extract<Shape, { kind: 'text' }>,
): void {
  context.save();
  context.font = `${shape.weight ?? 400} ${shape.size ?? 11}px ${fontFamily}`;
  context.fillStyle = shape.fill;
  const anchors = { start: 'left', middle: 'center', end: 'right' } as const;
  context.textAlign = anchors[shape.anchor ?? 'start'];
  context.translate(shape.x, shape.y);
  if (shape.rotate) context.rotate((shape.rotate * Math.PI) / 180);
  context.fillText(shape.text, 0, 0);
  context.restore();
}

function paintPath(
  context: CanvasRenderingContext2D,
  shape: Extract<Shape, { kind: 'path' }>,
): void {
  context.save();
  context.globalAlpha = shape.opacity ?? 1;
  context.beginPath();
  for (const points of shape.strokes) {
    for (const [index, [x, y]] of points.entries()) {
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
  }
  if (shape.fill) {
    context.fillStyle = shape.fill;
    context.fill();
  }
  if (shape.stroke) {
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width ?? 1;
    context.setLineDash([...(shape.dash ?? [])]);
    context.stroke();
  }
  context.restore();
}
