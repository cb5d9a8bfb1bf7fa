/** The header by which a service recognises a repeat (draft-ietf-httpapi-idempotency-key-header), in lower case. */
export const IDEMPOTENCY_HEADER = 'idempotency-key';
