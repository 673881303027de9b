import { useEffect, useRef } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeft, CircleAlert, FileX, MessageSquare } from "lucide-react";
import { Link, useLocation, useParams, useSearchParams } from "wouter";
import { ApiError, type Chunk } from "@tenon/api";
import { Button, Callout, EmptyState, Page, PageHeader, Skeleton, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { bytes, onDateTime, plural } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { DocumentActions } from "./document-actions";
import { WORKING_INTERVAL, chunkPage, documentQuery, isWorking } from "./queries";
import { DocumentStatusView } from "./status";
import { headingOf } from "./passage-heading";
import { UploadList } from "./upload-list";
import { useUploads } from "./uploads";
import styles from "./document.module.css";

export default function DocumentPage() {
  const { id } = useParams<{ id: string }>();
  const [, navigate] = useLocation();
  const uploads = useUploads();
  const document = useQuery({
    ...documentQuery(id),
    refetchInterval: (query) => (query.state.data && isWorking(query.state.data) ? WORKING_INTERVAL : false),
  });
  const row = document.data;
  usePageTitle(row?.title);

  const back = (
    <Link href="/documents" className={styles.back}>
      <ArrowLeft size={14} aria-hidden /> Documents
    </Link>
  );

  if (document.isError && !row) {
    return (
      <Page narrow>
        {back}
        {document.error instanceof ApiError && document.error.code === "NOT_FOUND" ? (
          <EmptyState icon={<FileX />} title="This document is gone">
            It has been deleted, or it belongs to another organization.
          </EmptyState>
        ) : (
          <LoadProblem error={document.error} onRetry={() => void document.refetch()} />
        )}
      </Page>
    );
  }

  if (!row) {
    return (
      <Page narrow>
        {back}
        <Skeleton width={260} height={26} />
        <SkeletonRows rows={5} label="Loading the document" />
      </Page>
    );
  }

  return (
    <Page narrow>
      <PageHeader
        title={row.title}
        back={back}
        actions={
          <>
            {row.status === "ready" && (
              <Button asChild>
                <Link href={`/chat?q=${encodeURIComponent(`What does “${row.title}” say about `)}`}>
                  <MessageSquare />
                  Ask about it
                </Link>
              </Button>
            )}
            <DocumentActions document={row} onDeleted={() => navigate("/documents")} />
          </>
        }
      >
        <span className={styles.facts}>
          <DocumentStatusView document={row} />
          <span>{row.file_name ?? "Pasted text"}</span>
          <span>{bytes(row.bytes)}</span>
          {row.status === "ready" && <span>{plural(row.chunk_count, "passage")}</span>}
          <span>Changed {onDateTime(row.updated_at)}</span>
        </span>
      </PageHeader>
      <UploadList uploads={uploads.filter((upload) => upload.documentId === row.id)} />
      {row.error && (
        <Callout tone="danger" icon={<CircleAlert />}>
          {row.error} Replace the file to try again.
        </Callout>
      )}
      {isWorking(row) && <SkeletonRows rows={4} label="The document is being read" />}
      {row.status === "ready" && <Chunks key={row.updated_at} documentId={row.id} version={row.updated_at} />}
    </Page>
  );
}

function Chunks({ documentId, version }: { documentId: string; version: string }) {
  const [search] = useSearchParams();
  const wanted = search.get("chunk");
  const target = useRef<HTMLElement>(null);
  const chunks = useInfiniteQuery({
    queryKey: ["chunks", documentId, version],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => chunkPage(documentId, pageParam, 60),
    getNextPageParam: (page) => page.meta.next_cursor ?? undefined,
  });
  const rows = chunks.data?.pages.flatMap((page) => page.data) ?? [];
  const here = wanted !== null && rows.some((chunk) => chunk.id === wanted);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = chunks;

  /* A passage that was linked to may stand further on. */
  useEffect(() => {
    if (wanted && !here && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [wanted, here, hasNextPage, isFetchingNextPage, fetchNextPage]);

  useEffect(() => {
    if (here) target.current?.scrollIntoView({ block: "center" });
  }, [here, wanted]);

  if (chunks.isPending) return <SkeletonRows rows={5} label="Loading the text" />;
  if (chunks.isError) return <LoadProblem error={chunks.error} onRetry={() => void chunks.refetch()} />;
  if (rows.length === 0) {
    return (
      <EmptyState icon={<FileX />} title="No text">
        Nothing that can be searched was found in this file.
      </EmptyState>
    );
  }
  return (
    <>
      <article className={styles.text}>
        {rows.map((chunk, at) => (
          <Passage key={chunk.id} chunk={chunk} before={rows[at - 1]} target={chunk.id === wanted ? target : undefined} />
        ))}
      </article>
      {hasNextPage && (
        <Button onClick={() => void fetchNextPage()} busy={isFetchingNextPage}>
          Show more of the text
        </Button>
      )}
    </>
  );
}

function Passage({ chunk, before, target }: { chunk: Chunk; before: Chunk | undefined; target: React.RefObject<HTMLElement | null> | undefined }) {
  const heading = headingOf(chunk, before);
  return (
    <section ref={target} className={styles.passage} data-target={target ? true : undefined}>
      {heading && <h2 className={styles.heading}>{heading}</h2>}
      <div className={styles.line}>
        <span className={styles.ordinal} aria-hidden>
          {chunk.ordinal + 1}
        </span>
        <p>{chunk.text}</p>
      </div>
    </section>
  );
}
