import './removed-folder.ts';
import { main } from './main.ts';
import { surviveClosedOutput } from './output.ts';

surviveClosedOutput();
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
