'use strict';
// node compile.cjs FIRST REST PART CODE ARGUMENTS…: runs the program of the executable, whose parts are in FIRST and REST, with ARGUMENTS and writes
// the code V8 made of PART to CODE. Where PART is the first and ARGUMENTS need the rest, CODE is not written: what is to be fast must not
// wait for what it does not need.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [, , first, rest, wanted, code] = process.argv;
const files = { first, rest };
process.argv.splice(1, 5, first);
const loaded = {};
const keep = () => writeFileSync(code, loaded[wanted].createCachedData());
const partOf = (name) => {
  if (name === 'rest' && wanted === 'first') {
    console.error(new Error(`${process.argv.slice(2).join(' ')} needs the second part of the program`).stack);
    process.off('exit', keep);
    process.exit(1);
  }
  loaded[name] = new Script(readFileSync(files[name], 'latin1'), { filename: `harden-${name}.cjs` });
  return loaded[name].runInThisContext();
};
process.on('exit', keep);
partOf('first')(require, first, partOf);
