import type { ReactNode } from "react";
import type { UseQueryResult } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Search } from "lucide-react";
import { Button, EmptyState, Input, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { plural } from "../../app/format";
import styles from "./admin.module.css";
import { ADMIN_PAGE } from "./queries";

type Found = { meta: { total: number } };

/** What both pages have around their table: a search, what stands there until or instead of it, and the way to further pages. */
export function Listing<T extends Found>({ list, words, icon, wanted, onWanted, page, onPage, children }: {
  list: UseQueryResult<T>;
  words: { find: string; placeholder: string; loading: string; none: string; hint: string; one: string; many: string };
  icon: ReactNode;
  wanted: string;
  onWanted: (wanted: string) => void;
  page: number;
  onPage: (page: number) => void;
  children: (found: T) => ReactNode;
}) {
  const total = list.data?.meta.total ?? 0;
  const pages = Math.max(1, Math.ceil(total / ADMIN_PAGE));
  return (
    <>
      <Input icon={<Search />} type="search" aria-label={words.find} placeholder={words.placeholder} value={wanted} maxLength={200} onChange={(event) => onWanted(event.target.value)} />
      {list.isPending && <SkeletonRows rows={8} label={words.loading} />}
      {list.isError && !list.data && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && total === 0 && (
        <EmptyState icon={icon} title={words.none} action={wanted && <Button onClick={() => onWanted("")}>Show all</Button>}>
          {wanted && words.hint}
        </EmptyState>
      )}
      {list.data && total > 0 && (
        <div>
          {children(list.data)}
          <div className={styles.pager}>
            <span role="status">{plural(total, words.one, words.many)}</span>
            {pages > 1 && (
              <span className={styles.pagerButtons}>
                <span className="numeric">
                  Page {page} of {pages}
                </span>
                <Button size="sm" icon={<ChevronLeft />} disabled={page <= 1} onClick={() => onPage(page - 1)}>
                  Previous
                </Button>
                <Button size="sm" disabled={page >= pages} onClick={() => onPage(page + 1)}>
                  Next <ChevronRight />
                </Button>
              </span>
            )}
          </div>
        </div>
      )}
    </>
  );
}
