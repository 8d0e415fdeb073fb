/**
 * Finite field groups in PEM.
 *
 * @module
 */

/** RFC 3526 section 2: a group of 1536 bits. */
export const GROUP_5 = `-----BEGIN DH PARAMETERS-----
MIHHAoHBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7ORbPcIAfLihY78FmNpINhxV05pp
Fj+o/STPX4NlXSPco62WHGLzViCFUrue1SkHcJaWbWcMNU5KvJgE8XRsCMojcyf/
/////////wIBAg==
-----END DH PARAMETERS-----`;
