import { expect, test } from 'vitest';
import { givenUpText } from '../../../src/render/recover-text.ts';

test('the way to try again after a run was given up takes a folder of any name as one word', () => {
  const keptAt = "/srv/it's here/conflicts/abcdef01/tx";
  expect(givenUpText({ id: 'abcdef01', keptAt, stays: [] }, {}, { width: 200, colour: false })).toContain(
    String.raw`mv '/srv/it'\''s here/conflicts/abcdef01/tx' '/srv/it'\''s here/tx/abcdef01' && sudo harden recover`,
  );
});
