'use strict';
// node compile.cjs PROGRAM CODE ARGUMENTS…: runs the program of the executable with ARGUMENTS and writes the code V8 made of it to CODE.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [, , program, code] = process.argv;
process.argv.splice(1, 3, program);
const script = new Script(readFileSync(program, 'latin1'), { filename: 'harden.cjs' });
process.on('exit', () => writeFileSync(code, script.createCachedData()));
script.runInThisContext()(require, program);
