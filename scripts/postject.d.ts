declare module 'postject' {
  /** Puts a resource into an executable file, in place, and flips the sentinel that tells Node to look for it. */
  export function inject(
    executable: string,
    resourceName: string,
    resource: Buffer,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
