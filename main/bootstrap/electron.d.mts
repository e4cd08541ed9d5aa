export function findElectron(
  environment?: NodeJS.ProcessEnv,
):
  | { readonly path: string; readonly why?: undefined }
  | { readonly why: string; readonly path?: undefined };
export function hasDisplay(environment?: NodeJS.ProcessEnv): boolean;
