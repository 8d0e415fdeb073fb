/**
 * What is wrong with the contents of an element. The reader, which knows the
 * field, makes an error of it.
 *
 * @module
 */

/** A fact about contents, thrown by what decodes them. */
export class DerFault {
  /** As it stands behind the field in the error. */
  readonly fact: string;

  /** Says what is wrong. */
  constructor(fact: string) {
    this.fact = fact;
  }
}
