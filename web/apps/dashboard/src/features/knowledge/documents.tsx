import { useDeferredValue, useEffect, useRef, useState, type DragEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { FileText, FileUp, Library, Search, TextCursorInput, Upload } from "lucide-react";
import { useSearchParams } from "wouter";
import type { DocumentStatus } from "@tenon/api";
import { Button, EmptyState, Input, Page, PageHeader, Select, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { usePageTitle } from "../../app/page-title";
import { CollectionsDialog } from "./collections";
import { DocumentTable } from "./document-table";
import { PasteDialog } from "./paste-dialog";
import { WORKING_INTERVAL, collectionsQuery, documentsQuery, isWorking } from "./queries";
import { SearchResults } from "./search-results";
import { UploadList } from "./upload-list";
import { upload, useUploads } from "./uploads";
import styles from "./documents.module.css";

export const ACCEPTED = ".txt,.md,.markdown,.html,.htm,.csv,.json,.pdf,.docx";

export default function Documents() {
  usePageTitle("Documents");
  const [search, setSearch] = useSearchParams();
  const [page, setPage] = useState(1);
  const [collection, setCollection] = useState("");
  const [status, setStatus] = useState<DocumentStatus | "">("");
  const [wanted, setWanted] = useState(search.get("q") ?? "");
  const [dragging, setDragging] = useState(false);
  const [pasting, setPasting] = useState(false);
  const [sorting, setSorting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const query = useDeferredValue(wanted.trim());
  const uploads = useUploads();
  const collections = useQuery(collectionsQuery);
  const documents = useQuery({
    ...documentsQuery({ page, ...(collection && { collection_id: collection }), ...(status && { status }) }),
    refetchInterval: (state) => (state.state.data?.data.some(isWorking) ? WORKING_INTERVAL : false),
  });

  /* "Upload documents" elsewhere leads here. A browser opens its file dialog on a click only, so the button takes the focus. */
  const uploadButton = useRef<HTMLButtonElement>(null);
  const adding = search.get("add") === "files";
  useEffect(() => {
    if (!adding) return;
    uploadButton.current?.focus();
    setSearch({}, { replace: true });
  }, [adding, setSearch]);

  const add = (files: FileList | null) => {
    if (files && files.length > 0) upload(files, collection ? { collectionId: collection } : {});
  };

  const drag = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setDragging(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setDragging(false);
      add(event.dataTransfer.files);
    },
  };

  const filtered = collection !== "" || status !== "";
  const total = documents.data?.meta.total ?? 0;
  const empty = documents.data !== undefined && total === 0 && !filtered;

  return (
    <div className={styles.drop} {...drag}>
      <Page>
        <PageHeader
          title="Documents"
          actions={
            <>
              <Button icon={<Library />} onClick={() => setSorting(true)}>
                Collections
              </Button>
              <Button icon={<TextCursorInput />} onClick={() => setPasting(true)}>
                Paste text
              </Button>
              <Button ref={uploadButton} tone="primary" icon={<Upload />} onClick={() => input.current?.click()}>
                Upload
              </Button>
            </>
          }
        >
          What your answers rest on. Text, Markdown, HTML, CSV, JSON, PDF and Word files.
        </PageHeader>
        <input
          ref={input}
          type="file"
          multiple
          accept={ACCEPTED}
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            add(event.target.files);
            event.target.value = "";
          }}
        />
        <div className={styles.tools}>
          <Input type="search" icon={<Search />} aria-label="Search in documents" placeholder="Search in documents" value={wanted} onChange={(event) => setWanted(event.target.value)} />
          {(collections.data?.length ?? 0) > 0 && (
            <Select
              aria-label="Collection"
              className={styles.filter}
              value={collection}
              onChange={(event) => {
                setCollection(event.target.value);
                setPage(1);
              }}
            >
              <option value="">All collections</option>
              {collections.data?.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
          <Select
            aria-label="Status"
            className={styles.filter}
            value={status}
            onChange={(event) => {
              setStatus(event.target.value as DocumentStatus | "");
              setPage(1);
            }}
          >
            <option value="">Any status</option>
            <option value="ready">Ready</option>
            <option value="processing">Processing</option>
            <option value="queued">Queued</option>
            <option value="failed">Failed</option>
          </Select>
        </div>
        <UploadList uploads={uploads} />
        {query !== "" ? (
          <SearchResults query={query} collectionId={collection} version={documents.data?.data.map((row) => row.updated_at + row.status).join() ?? ""} />
        ) : (
          <>
            {documents.isPending && <SkeletonRows rows={6} label="Loading documents" />}
            {documents.isError && !documents.data && <LoadProblem error={documents.error} onRetry={() => void documents.refetch()} />}
            {empty && uploads.length === 0 && (
              <button type="button" className={styles.zone} onClick={() => input.current?.click()}>
                <span className={styles.zoneIcon}>
                  <FileUp />
                </span>
                <span className={styles.zoneTitle}>Drop files here, or choose them</span>
                <span className={styles.zoneText}>They are read, split into passages and ready to be asked about within seconds. Up to 10 MB a file.</span>
              </button>
            )}
            {documents.data && total === 0 && filtered && (
              <EmptyState icon={<FileText />} title="No document fits this filter" action={<Button onClick={() => { setCollection(""); setStatus(""); }}>Show all documents</Button>} />
            )}
            {documents.data && total > 0 && <DocumentTable documents={documents.data.data} collections={collections.data ?? []} total={total} page={page} onPage={setPage} />}
          </>
        )}
      </Page>
      {dragging && (
        <div className={styles.veil} aria-hidden>
          <Upload />
          Drop to upload
        </div>
      )}
      {pasting && <PasteDialog collectionId={collection} onClose={() => setPasting(false)} />}
      {sorting && <CollectionsDialog onClose={() => setSorting(false)} />}
    </div>
  );
}
