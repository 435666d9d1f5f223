const SECRET =
  /passw|passphrase|secret|token|credential|(api|access|private|unlock|signing|encryption|auth)[-_.]?key|^_?auth(orization)?$|(^|[-_.])pass$|[-_.]pwd$/i;

/** True for the name of a key, a flag or a variable whose value is a secret. Generous: what only names a file of secrets counts too. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** Proxies may be written without a scheme, so their user and password are not seen as those of a URL. */
export function isProxyName(name: string): boolean {
  return /proxy$/i.test(name);
}
