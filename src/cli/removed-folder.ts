/**
 * The folder one stands in may have been removed. Node cannot name it then, and the parser of options asks for its name as it loads.
 * The kernel's name for it goes on: relative paths in it fail one by one, and everything else works.
 */
const STILL_HERE = '/proc/self/cwd';

try {
  process.cwd();
} catch {
  process.cwd = () => STILL_HERE;
}
