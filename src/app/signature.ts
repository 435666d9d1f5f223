import { signerMistakes } from '../catalogue/allowed-signers.ts';
import { EXIT, HardenError } from '../model/errors.ts';
import type { PlanSigning } from '../model/signing.ts';

/** What a signature of a plan is made for; one made for anything else does not count. */
export const SIGNATURE_NAMESPACE = 'harden-plan';

/** Beside the plan, as ssh-keygen(1) names it. */
export function signatureFile(plan: string): string {
  return `${plan}.sig`;
}

/** @throws HardenError exit 65; the plan itself is written then */
export function signedText(signing: Pick<PlanSigning, 'sign'>, key: string, text: string): string {
  const signed = signing.sign(key, text);
  switch (signed.type) {
    case 'signed':
      return signed.signature;
    case 'failed':
      throw new HardenError({
        code: 'H1042',
        exit: EXIT.malformed,
        message: `the plan was written and could not be signed with ${key}. Nothing was changed.`,
        details: [signed.reason],
        hint: `To see why: ssh-keygen -Y sign -n ${SIGNATURE_NAMESPACE} -f KEY PLAN`,
      });
  }
}

export interface SignedPlan {
  readonly file: string;
  /** Of the file, byte for byte. */
  readonly text: string;
  readonly allowedSigners: string;
  /** What stands in that file. */
  readonly signers: string;
}

/** The principal who signed the plan. @throws HardenError exit 65 where none of the allowed signers did */
export function requireSignature(
  signing: Pick<PlanSigning, 'verify'>,
  { file, text, allowedSigners, signers }: SignedPlan,
): string {
  const verified = signing.verify(signatureFile(file), allowedSigners, text);
  switch (verified.type) {
    case 'good':
      return verified.principal;
    case 'bad':
      throw notSigned(`${file} is not signed by one of ${allowedSigners}`, [
        verified.reason,
        ...signerMistakes(allowedSigners, signers).map(
          (mistake) => `${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.text}`,
        ),
      ]);
  }
}

/** Without a plan file there is nothing that could have been signed. */
export function nothingSigned(): HardenError {
  return notSigned('a signed plan file is required, and none was given', []);
}

function notSigned(what: string, details: readonly string[]): HardenError {
  return new HardenError({
    code: 'H1041',
    exit: EXIT.malformed,
    message: `${what}. Nothing was changed.`,
    details,
    hint: 'To sign a plan: harden plan -o PLAN --sign KEY',
  });
}
