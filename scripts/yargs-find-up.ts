/**
 * Takes the place of yargs' search for a package.json in a bundle. It looks through every folder above the program, for a version
 * that we tell it ourselves; a program run by root reads nothing from there.
 */
function findNothing(): undefined {
  return undefined;
}

export { findNothing as default };
