export { api, body, data, done } from "./client";
export { ApiError, type ErrorCode } from "./error";
export { forgetCsrfToken, onSessionEnd } from "./session";
export { followAnswer } from "./answer";
export { uploadDocument, type Upload } from "./upload";
export type * from "./types";
