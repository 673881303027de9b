/** Files on their way to the server. Outside of the pages, so that leaving the page does not cut an upload. */
import { useSyncExternalStore } from "react";
import { uploadDocument } from "@tenon/api";
import { explain } from "../../app/failure";
import { queryClient } from "../../app/query-client";
import { documentsKey } from "./queries";

export type FileUpload = {
  id: number;
  name: string;
  bytes: number;
  share: number;
  state: "waiting" | "sending" | "failed";
  failure: string | null;
  /** The document that the file replaces. */
  documentId?: string;
};

type Job = FileUpload & { file: File; collectionId?: string; controller: AbortController };

/* More at once would only share the same line. */
const AT_ONCE = 2;

let jobs: readonly Job[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Job[]) {
  jobs = next;
  listeners.forEach((listener) => listener());
}

const update = (id: number, next: Partial<Job>) => change(jobs.map((job) => (job.id === id ? { ...job, ...next } : job)));
const remove = (id: number) => change(jobs.filter((job) => job.id !== id));

async function run(job: Job) {
  update(job.id, { state: "sending", share: 0, failure: null });
  try {
    await uploadDocument({ ...job, signal: job.controller.signal, onProgress: (share) => update(job.id, { share }) });
    await queryClient.invalidateQueries({ queryKey: documentsKey });
    if (job.documentId) void queryClient.invalidateQueries({ queryKey: ["surroundings", job.documentId] });
    void queryClient.invalidateQueries({ queryKey: ["dashboard"] });
    remove(job.id);
  } catch (error) {
    if (job.controller.signal.aborted) remove(job.id);
    else update(job.id, { state: "failed", failure: explain(error) });
  }
  next();
}

function next() {
  const free = AT_ONCE - jobs.filter((job) => job.state === "sending").length;
  for (const job of jobs.filter((one) => one.state === "waiting").slice(0, Math.max(0, free))) void run(job);
}

export function upload(files: Iterable<File>, to: { collectionId?: string; documentId?: string } = {}) {
  const added = [...files].map((file): Job => ({ id: nextId++, file, name: file.name, bytes: file.size, share: 0, state: "waiting", failure: null, controller: new AbortController(), ...to }));
  change([...jobs, ...added]);
  next();
}

export function retryUpload(id: number) {
  update(id, { state: "waiting", failure: null });
  next();
}

export function dropUpload(id: number) {
  const job = jobs.find((one) => one.id === id);
  job?.controller.abort();
  if (job?.state !== "sending") remove(id);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useUploads = (): readonly FileUpload[] => useSyncExternalStore(subscribe, () => jobs);
