'use strict';
// The main script of the executable. It starts the program with the code that V8 had made of it when the build let it make a plan,
// so that next to nothing is compiled on the host. Node's own code cache is made before anything ran and holds no function of the program.
const { getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

const partOf = (name) =>
  new Script(Buffer.from(getRawAsset(name)).latin1Slice(), {
    filename: `harden-${name}.cjs`,
    cachedData: Buffer.from(getRawAsset(`${name}.code`)),
  }).runInThisContext();
partOf('first')(require, __filename, partOf);
