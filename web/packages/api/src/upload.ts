/** Uploads go over XMLHttpRequest: fetch tells nothing of how much has been sent. */
import { ApiError, errorFrom, networkError } from "./error";
import { csrfToken, forgetCsrfToken, noteError } from "./session";
import type { KnowledgeDocument } from "./types";

export type Upload = {
  file: File;
  /** Replaces this document instead of adding one. */
  documentId?: string;
  collectionId?: string;
  signal: AbortSignal;
  onProgress: (share: number) => void;
};

export async function uploadDocument(upload: Upload): Promise<KnowledgeDocument> {
  try {
    return await send(upload, await csrfToken());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code !== "CSRF_FAILED") {
      noteError(error);
      throw error;
    }
    forgetCsrfToken();
    return send(upload, await csrfToken());
  }
}

function send({ file, documentId, collectionId, signal, onProgress }: Upload, token: string): Promise<KnowledgeDocument> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    /* Members before the file, so that a server that reads as it comes knows them first. */
    if (collectionId) form.append("collection_id", collectionId);
    form.append("file", file);

    const request = new XMLHttpRequest();
    const path = "/api/knowledge/documents";
    request.open(documentId ? "PUT" : "POST", documentId ? `${path}/${encodeURIComponent(documentId)}` : path);
    request.setRequestHeader("X-CSRF-Token", token);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve((JSON.parse(request.responseText) as { data: KnowledgeDocument }).data);
      } else {
        reject(errorFrom(request.status, request.responseText, (name) => request.getResponseHeader(name)));
      }
    };
    request.onerror = () => reject(networkError());
    request.onabort = () => reject(new DOMException("Aborted", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
