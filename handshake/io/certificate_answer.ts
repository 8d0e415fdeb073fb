/**
 * What became of a request for the client's certificate: types only.
 *
 * @module
 */

/** What became of a request, for the words of errors that follow. */
export interface CertificateAnswer {
  /** Whether a certificate was sent. */
  readonly sent: boolean;
  /** What was asked for, and why what was sent may not do; nothing, if it should. */
  readonly note: string | undefined;
}
