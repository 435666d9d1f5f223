import type { MethodResult } from './method.ts';

/** Counts points and keeps what did not hold. */
export interface Tally {
  point(): void;
  /** Adds a violation unless `holds`. */
  check(holds: boolean, violation: () => string): void;
  add(other: MethodResult): void;
  result(): MethodResult;
}

export function tally(): Tally {
  let points = 0;
  const violations: string[] = [];
  return {
    point: () => {
      points += 1;
    },
    check: (holds, violation) => {
      if (!holds) {
        violations.push(violation());
      }
    },
    add: (other) => {
      points += other.points;
      violations.push(...other.violations);
    },
    result: () => ({ points, violations }),
  };
}

/** A small generator of numbers from 0 to 1, the same for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** 0, `stride`, 2 × `stride`, … below `end`. */
export function steps(end: number, stride: number): readonly number[] {
  return Array.from({ length: Math.ceil(end / stride) }, (_, index) => index * stride);
}
