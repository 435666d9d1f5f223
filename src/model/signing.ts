export type Signed =
  { readonly type: 'signed'; readonly signature: string } | { readonly type: 'failed'; readonly reason: string };

export type Verified =
  { readonly type: 'good'; readonly principal: string } | { readonly type: 'bad'; readonly reason: string };

/** Detached signatures over a text, byte for byte, for one purpose. */
export interface PlanSigning {
  /** `key`: a private key, or a public one whose private part an agent holds. May ask a person for a passphrase. */
  sign(key: string, text: string): Signed;
  /** Who of the allowed signers made the signature in that file, over this text and for this purpose, with a key that counts now. */
  verify(signature: string, allowedSigners: string, text: string): Verified;
}
