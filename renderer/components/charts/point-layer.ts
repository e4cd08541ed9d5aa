/** What part of the plane is seen: data coordinates of the middle, and pixels of the page per unit. */
export interface PointView {
  readonly x: number;
  readonly y: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** The points as they are drawn, later ones over earlier ones. */
export interface Points {
  /** [n, 2] */
  readonly position: Float32Array;
  /** [n, 4]: red, green, blue, opacity; opacity 0 is not drawn. */
  readonly color: Uint8Array;
}

const vertexShader = `#version 300 es
in vec2 position;
in vec4 color;
uniform vec4 view;
uniform vec2 size;
uniform float diameter;
out vec4 shade;
void main() {
  vec2 offset = (position - view.xy) * view.zw / (size * 0.5);
  gl_Position = vec4(offset, 0.0, color.a > 0.0 ? 1.0 : 0.0);
  gl_PointSize = diameter;
  shade = color;
}`;

const fragmentShader = `#version 300 es
precision mediump float;
in vec4 shade;
out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5) * 2.0;
  float cover = 1.0 - smoothstep(0.75, 1.0, away);
  if (cover * shade.a <= 0.0) discard;
  pixel = vec4(shade.rgb, 1.0) * shade.a * cover;
}`;

/** Draws up to millions of points on a canvas by WebGL 2. */
export class PointLayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #positions: WebGLBuffer;
  readonly #colors: WebGLBuffer;
  #points: Points | undefined;
  #count = 0;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.#program = link(gl);
    this.#positions = gl.createBuffer();
    this.#colors = gl.createBuffer();
    gl.useProgram(this.#program);
    this.#attribute('position', this.#positions, 2, gl.FLOAT, false);
    this.#attribute('color', this.#colors, 4, gl.UNSIGNED_BYTE, true);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /** Null where the browser has no WebGL 2. */
  static open(canvas: HTMLCanvasElement): PointLayer | null {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true });
    return gl && new PointLayer(canvas, gl);
  }

  /** Uploads what has changed since the last time. */
  set(points: Points): void {
    const gl = this.#gl;
    const upload = (buffer: WebGLBuffer, values: Float32Array | Uint8Array) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    };
    if (points.position !== this.#points?.position) upload(this.#positions, points.position);
    if (points.color !== this.#points?.color) upload(this.#colors, points.color);
    this.#points = points;
    this.#count = points.position.length / 2;
  }

  /** @param diameter of a point, in pixels of the page */
  draw({ x, y, scaleX, scaleY }: PointView, diameter: number): void {
    const gl = this.#gl;
    const { width, height } = this.#canvas;
    const ratio = devicePixelRatio;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4f(this.#uniform('view'), x, y, scaleX * ratio, scaleY * ratio);
    gl.uniform2f(this.#uniform('size'), width, height);
    gl.uniform1f(this.#uniform('diameter'), Math.max(1, diameter * ratio));
    gl.drawArrays(gl.POINTS, 0, this.#count);
  }

  close(): void {
    const gl = this.#gl;
    gl.deleteBuffer(this.#positions);
    gl.deleteBuffer(this.#colors);
    gl.deleteProgram(this.#program);
  }

  #uniform(name: string): WebGLUniformLocation | null {
    return this.#gl.getUniformLocation(this.#program, name);
  }

  #attribute(
    name: string,
    buffer: WebGLBuffer,
    size: number,
    type: number,
    normalized: boolean,
  ): void {
    const gl = this.#gl;
    const place = gl.getAttribLocation(this.#program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, type, normalized, 0, 0);
  }
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`The points cannot be drawn: ${gl.getProgramInfoLog(program) ?? ''}`);
  return program;
}
