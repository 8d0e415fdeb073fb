/**
 * What became of a request for the client's certificate: types only.
 *
 * @module
 */

/** What became of a request, for the words of errors that follow. */
export interface CertificateAnswer {
  /** Whether a certificate was sent. */
  readonly sent: boolean;
  /**
   * What was asked for, and why the certificate sent may not fit, or
   * `undefined` if it fits.
   */
  readonly note: string | undefined;
}
