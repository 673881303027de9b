export { api, body, data, done } from "./client";
export { ApiError, challengeOf, type Challenge, type ErrorCode, type ProofMethod } from "./error";
export { forgetCsrfToken, onProofWanted, onSessionEnd } from "./session";
export { followAnswer } from "./answer";
export { uploadDocument, type Upload } from "./upload";
export type * from "./types";
