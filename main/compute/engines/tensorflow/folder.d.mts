export declare const bindingRevision: number;
export declare function tensorflowFolder(environment?: NodeJS.ProcessEnv): string;
export declare function nvidiaGpus(places?: { proc?: string; device?: string }): string[];
