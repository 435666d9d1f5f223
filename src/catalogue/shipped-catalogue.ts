import { RESOURCE_TYPES } from '../resources/index.ts';
import { type Catalogue, loadCatalogue } from './load.ts';
import { shippedFiles } from './shipped-files.ts';

/**
 * The catalogue that comes with the program, read and checked. A build may put the checked result in place of this module: it
 * is plain data.
 */
export function shippedCatalogue(): Catalogue {
  return loadCatalogue(shippedFiles, RESOURCE_TYPES);
}
