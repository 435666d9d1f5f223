import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/model/canonical.ts';
import type { Plan } from '../../src/model/plan.ts';
import { redactedPlan } from '../../src/plan/redacted.ts';
import { planMarkdown } from '../../src/render/plan-markdown.ts';
import {
  accessChange,
  assessed,
  failing,
  optionChange,
  planOf,
  selectedControl,
  someFacts,
} from '../helpers/plan-builders.ts';

/** No part of any word of the program. */
const token = fc.stringMatching(/^[a-z]{3,8}$/).map((text) => `zq${text}`);
const site = fc
  .uniqueArray(token, { minLength: 12, maxLength: 12 })
  .map(([a = '', b = '', image = '', net = '', host = '', domain = '', ...rest]) => ({
    containers: [a, b],
    image,
    net,
    host: `${host}.${domain}.example.org`,
    user: rest[0] ?? '',
    member: rest[1] ?? '',
    owner: rest[2] ?? '',
    reason: rest[3] ?? '',
    registry: rest[4] ?? '',
    value: rest[5] ?? '',
    tokens: [a, b, image, net, host, domain, ...rest],
  }));
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((text) => /[0-9a-f]{2}/i.test(text) && text.split(':').length > 3),
);
type Site = typeof site extends fc.Arbitrary<infer T> ? T : never;

const worn = (name: string, image: string, net: string) => ({
  id: name,
  name,
  running: true,
  networks: [net],
  publishedPorts: 1,
  image,
  networkMode: net,
});

/** A plan in which the site's names stand wherever a plan can name anything. */
function planted({ containers, image, net, host, user, member, owner, reason, registry, value }: Site, at: string) {
  const [one = '', two = ''] = containers;
  const everybody = `${one}, ${two} (${image}) on ${net} of ${host}`;
  const facts = someFacts({ containers: containers.map((name) => worn(name, `${registry}.example/${image}:1`, net)) });
  const named = { ...facts, identity: { ...facts.identity, hostname: host } };
  const sentence = `${everybody}; https://${registry}.example/v2 and tcp://${at.includes(':') ? `[${at}]` : at}:2376; ${member} reads ${at}, /srv/${value}/x`;
  const option = optionChange('hosts', {
    before: [`tcp://${registry}:2376`],
    after: { labels: [value] },
    breaks: [sentence],
    notes: [`made before: ${one} and ${two}`, sentence],
  });
  const evidence = [
    { source: 'getent', read: 'members of docker (998)', value: [member] },
    { source: '/etc/docker/daemon.json', read: 'insecure-registries', value: [`${registry}:5000`, value] as Json },
  ];
  const plan = planOf(
    [
      { control: selectedControl('one', '2.1'), assessments: [failing(option, sentence)] },
      { control: selectedControl('two', '2.2'), assessments: [failing(accessChange(`/srv/${value}/${one}`))] },
      {
        control: selectedControl('three', '2.3'),
        assessments: [assessed('report:x', { verdict: 'manual', reason: sentence, evidence, steps: [sentence] })],
      },
    ],
    named,
  );
  const taken = {
    ...{ id: `two@${host}`, control: 'two', found: 'fail' as const, reason, owner },
    until: '2027-01-31',
  };
  const waivers = {
    ...plan.waivers,
    used: [taken.id],
    taken: [{ ...taken, approvedBy: user, from: null, graceUntil: null }],
  };
  const full: Plan = { ...plan, createdBy: user, warnings: [sentence, `${owner}: ${reason}`], waivers };
  return { plan: full, facts: named };
}

describe('a redacted plan', () => {
  test('names no container, image, network, user, host, address, path or value of the site', () => {
    fc.assert(
      fc.property(site, address, (names, at) => {
        const { plan, facts } = planted(names, at);
        const redacted = redactedPlan(plan, facts);
        for (const text of [JSON.stringify(redacted), planMarkdown(redacted, undefined)]) {
          expect(names.tokens.filter((one) => text.includes(one))).toEqual([]);
          expect(text).not.toContain(at);
          expect(text).not.toContain('/srv/');
        }
      }),
    );
  });

  test.each(['audit', 'content', 'summary', 'target', 'warnings', 'controls', 'web'])(
    'stays a plan where a container has the name of one of its members: %s',
    (name) => {
      const change = optionChange('hosts', { before: { [name]: 'zqbefore' }, after: { audit: [name] } });
      const plan = planOf([{ control: selectedControl('icc-disabled', '2.2'), assessments: [failing(change)] }]);
      const redacted = redactedPlan(plan, someFacts({ containers: [worn(name, 'zqimage', 'zqnet')] }));
      expect(Object.keys(redacted)).toEqual(Object.keys(plan));
      expect(Object.keys(redacted.host)).toEqual(Object.keys(plan.host));
      expect(redacted.changes.map((one) => Object.keys(one))).toEqual(plan.changes.map((one) => Object.keys(one)));
      expect(planMarkdown(redacted, undefined, [])).toContain('container-1');
      expect(JSON.stringify(redacted.changes[0]?.before)).toBe('{"container-1":"value-1"}');
    },
  );

  test('keeps the words of plans where the site calls its things by them', () => {
    const plan = planOf([{ control: selectedControl('one', '2.1'), assessments: [failing(optionChange('icc'))] }]);
    for (const name of ['daemon-option', 'fail', 'restart', ...Object.keys(plan.host)]) {
      const redacted = redactedPlan(plan, someFacts({ containers: [worn(name, 'app', 'front')] }));
      expect(redacted.controls.map(({ verdict }) => verdict)).toEqual(['fail']);
      expect(redacted.changes[0]?.target.type).toBe('daemon-option');
      expect(planMarkdown(redacted, undefined)).not.toContain('undefined');
    }
  });

  test('says which plan it is, and what would be changed', () => {
    fc.assert(
      fc.property(site, address, (names, at) => {
        const { plan, facts } = planted(names, at);
        const redacted = redactedPlan(plan, facts);
        expect([redacted.id, redacted.digest]).toEqual([plan.id, plan.digest]);
        expect(redacted.changes.map(({ controls, op, risk }) => [controls, op, risk])).toEqual(
          plan.changes.map(({ controls, op, risk }) => [controls, op, risk]),
        );
        expect(redacted.controls.map(({ title }) => title)).toEqual(plan.controls.map(({ title }) => title));
      }),
      { numRuns: 20 },
    );
  });
});
