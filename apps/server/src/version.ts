/** The version of the back-end and of its contract. */
export const VERSION = '0.1.0';
