/**
 * Variables with which a caller decides what runs inside this process, or where it writes, before our first line does. Tried on the
 * executable and on the npm program: LD_PRELOAD, LD_AUDIT and OPENSSL_CONF ran foreign code in both, NODE_OPTIONS in the npm program,
 * NODE_COMPILE_CACHE and NODE_V8_COVERAGE wrote files in both, and NODE_REPL_EXTERNAL_MODULE kept the executable from starting.
 * The others are of the same kind in glibc's, Node's or OpenSSL's own documents. NODE_EXTRA_CA_CERTS is none: nothing here speaks TLS.
 */
const STEERING: ReadonlySet<string> = new Set([
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_COMPILE_CACHE', 'NODE_V8_COVERAGE', 'NODE_REDIRECT_WARNINGS'],
  ...['NODE_REPL_EXTERNAL_MODULE', 'NODE_ICU_DATA', 'NODE_CHANNEL_FD'],
  ...['OPENSSL_CONF', 'OPENSSL_MODULES', 'OPENSSL_ENGINES', 'GCONV_PATH', 'GLIBC_TUNABLES'],
]);

/** Names of the variables in `environment` that steer this process, sorted; all of the dynamic linker's are among them. */
export function steeringVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(environment)
    .filter((name) => environment[name] !== '' && (STEERING.has(name) || name.startsWith('LD_')))
    .sort();
}
