/** The version in package.json; a test holds the two together. */
export const TOOL_VERSION = '0.1.0';

/** Put in by the build; not there where the program runs from its sources. */
declare const HARDEN_BUILD: `sha256:${string}` | undefined;

/** Digest of what this program was built from. */
export const TOOL_BUILD = typeof HARDEN_BUILD === 'string' ? HARDEN_BUILD : undefined;
