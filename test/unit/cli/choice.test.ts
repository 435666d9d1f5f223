import { describe, expect, test } from 'vitest';
import { withoutControls } from '../../../src/app/given-waivers.ts';
import { type Choice, firstChoice, toggledChoice, toggledGroup, waivedChoice } from '../../../src/cli/choice.ts';
import { leftByChoice } from '../../../src/plan/narrow.ts';
import {
  accessChange,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../../helpers/plan-builders.ts';

const folder = accessChange('/etc/docker');
const shared = optionChange('live-restore');
const needing = optionChange('userland-proxy', { needs: [shared.address] });
const alone = optionChange('icc');
const plan = planOf(
  [
    { control: selectedControl('folder', '3.5'), assessments: [failing(folder)] },
    { control: selectedControl('kept', '2.16'), assessments: [failing(shared)] },
    { control: selectedControl('twice', '2.20'), assessments: [failing(shared), failing(alone)] },
    { control: selectedControl('proxy', '2.17'), assessments: [failing(needing)] },
  ],
  someFacts(),
);
const idOf = (address: string): string => plan.changes.find((change) => change.address === address)?.id ?? '';
const given = (control: string) => ({ control, reason: 'r', owner: 'o', until: '2027-01-31' });
const at = (address: string): Choice => ({ ...firstChoice(plan.changes), at: idOf(address) });
const chosenIn = ({ chosen }: Choice): readonly string[] =>
  plan.changes.flatMap(({ id, address }) => (chosen.has(id) ? [address] : []));

describe('waiving a change', () => {
  test('leaves what is only for waived controls; a change somebody else needs stays', () => {
    const one = waivedChoice(at(alone.address), plan.changes, [given('twice')]);
    expect(chosenIn(one)).toEqual([folder, shared, needing].map(({ address }) => address));
    expect(one.said).toBe('waived until 2027-01-31');
  });

  test('leaves what needs it too, and says so; that is no waiver', () => {
    const two = waivedChoice(at(shared.address), plan.changes, [given('kept'), given('twice')]);
    expect(chosenIn(two)).toEqual([folder.address]);
    expect(two.said).toMatch(/^waived until 2027-01-31; also left out: changes \d and \d, which belong to it$/);
    expect(two.waived.map(({ control }) => control)).toEqual(['kept', 'twice']);
  });

  test('taking what needs it takes it back, with the waivers of all its controls', () => {
    const two = waivedChoice(at(shared.address), plan.changes, [given('kept'), given('twice')]);
    const back = toggledChoice(two, plan.changes, [idOf(needing.address)]);
    expect(chosenIn(back)).toContain(shared.address);
    expect(back.waived).toEqual([]);
    expect(back.said).toContain(`waived no more: change ${idOf(shared.address).slice(1)}`);
  });

  test('all and a group pass by what is waived', () => {
    const one = waivedChoice(at(alone.address), plan.changes, [given('twice')]);
    const ids = plan.changes.map(({ id }) => id);
    const none = toggledGroup(one, plan.changes, ids);
    expect(chosenIn(none)).toEqual([]);
    expect(chosenIn(toggledGroup(none, plan.changes, ids))).toEqual(chosenIn(one));
    expect(toggledGroup(one, plan.changes, [idOf(alone.address)])).toBe(one);
  });

  test('what is lived with is not left by choice', () => {
    const seen = withoutControls(plan, [given('twice')]);
    const part = { ...seen, changes: seen.changes.filter(({ address }) => address !== alone.address) };
    expect(leftByChoice(seen, part)).toEqual([]);
    expect(part.changes.find(({ address }) => address === shared.address)?.controls).toEqual(['kept']);
  });
});
