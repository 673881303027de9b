import { ChevronLeft, ChevronRight } from "lucide-react";
import { Link } from "wouter";
import type { Collection, KnowledgeDocument } from "@tenon/api";
import { Button, Table, Td, Th } from "@tenon/ui";
import { ago, bytes, count, onDateTime, plural } from "../../app/format";
import { DocumentActions } from "./document-actions";
import { PAGE_SIZE } from "./queries";
import { DocumentStatusView } from "./status";
import styles from "./documents.module.css";

export function kindOf(document: KnowledgeDocument): string {
  const ending = /\.([a-z0-9]{1,4})$/i.exec(document.file_name ?? "")?.[1];
  return (ending ?? "txt").toUpperCase();
}

export function DocumentTable({ documents, collections, total, page, onPage }: {
  documents: readonly KnowledgeDocument[];
  collections: readonly Collection[];
  total: number;
  page: number;
  onPage: (page: number) => void;
}) {
  const pages = Math.ceil(total / PAGE_SIZE);
  return (
    <div>
      <Table label="Documents">
        <thead>
          <tr>
            <Th>Name</Th>
            <Th tight>Status</Th>
            {collections.length > 0 && <Th wideOnly>Collection</Th>}
            <Th wideOnly numeric>
              Passages
            </Th>
            <Th wideOnly numeric>
              Size
            </Th>
            <Th wideOnly>Added</Th>
            <Th tight>
              <span className="visually-hidden">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {documents.map((document) => (
            <tr key={document.id}>
              <Td>
                <div className={styles.nameCell}>
                  <span className={styles.kind} aria-hidden>
                    {kindOf(document)}
                  </span>
                  <span className={styles.names}>
                    <Link href={`/documents/${document.id}`} className={styles.name}>
                      {document.title}
                    </Link>
                    {document.error ? <span className={`${styles.sub} ${styles.fault}`}>{document.error}</span> : <span className={styles.sub}>{document.file_name ?? "Pasted text"}</span>}
                  </span>
                </div>
              </Td>
              <Td tight>
                <DocumentStatusView document={document} />
              </Td>
              {collections.length > 0 && <Td wideOnly>{collections.find(({ id }) => id === document.collection_id)?.name ?? ""}</Td>}
              <Td wideOnly numeric>
                {document.status === "ready" ? count(document.chunk_count) : ""}
              </Td>
              <Td wideOnly numeric>
                {bytes(document.bytes)}
              </Td>
              <Td wideOnly title={onDateTime(document.created_at)}>
                {ago(document.created_at)}
              </Td>
              <Td tight>
                <DocumentActions document={document} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <div className={styles.pager}>
        <span>{plural(total, "document")}</span>
        {pages > 1 && (
          <span className={styles.pagerButtons}>
            <Button size="sm" icon={<ChevronLeft />} disabled={page <= 1} onClick={() => onPage(page - 1)}>
              Previous
            </Button>
            <Button size="sm" disabled={page >= pages} onClick={() => onPage(page + 1)}>
              Next
              <ChevronRight />
            </Button>
          </span>
        )}
      </div>
    </div>
  );
}
