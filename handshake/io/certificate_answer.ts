/**
 * What became of a request for the client's certificate: types only.
 *
 * @module
 */

/** What became of a request, for the words of errors that follow. */
export type CertificateAnswer = {
  /** Whether a certificate was sent. */
  readonly sent: true;
  /** Why the certificate sent may not fit, or `undefined` if it fits. */
  readonly note: string | undefined;
} | {
  readonly sent: false;
  /** What was asked for, and why nothing was sent. */
  readonly note: string;
};
