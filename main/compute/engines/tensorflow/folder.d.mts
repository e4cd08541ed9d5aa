export function tensorflowFolder(environment?: Record<string, string | undefined>): string;
