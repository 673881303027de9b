import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pencil, SquarePen, Trash2 } from "lucide-react";
import { Link, useLocation } from "wouter";
import { api, data, done, type Conversation } from "@tenon/api";
import { Button, ConfirmDialog, IconButton, Menu, MenuItem, Skeleton, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { RenameDialog } from "../../app/rename-dialog";
import { dismissAnswer, useLiveAnswer } from "./answers";
import { conversationQuery, conversationsKey, conversationsQuery } from "./queries";
import styles from "./conversation-list.module.css";

const DAY = 86_400_000;

function periodOf(conversation: Conversation): string {
  const today = new Date().setHours(0, 0, 0, 0);
  const time = new Date(conversation.updated_at).getTime();
  if (time >= today) return "Today";
  if (time >= today - DAY) return "Yesterday";
  if (time >= today - 7 * DAY) return "Last 7 days";
  return "Earlier";
}

export function ConversationList({ current, onPick }: { current: string | undefined; onPick?: () => void }) {
  const [pages, setPages] = useState(1);
  const conversations = useQuery(conversationsQuery(pages));
  const rows = conversations.data?.data ?? [];
  const more = conversations.data ? conversations.data.meta.total > rows.length && rows.length < 100 : false;

  return (
    <div className={styles.list}>
      <div className={styles.head}>
        <Button asChild wide>
          <Link href="/chat" onClick={onPick} aria-current={current ? undefined : "page"}>
            <SquarePen />
            New conversation
          </Link>
        </Button>
      </div>
      <div className={styles.scroll}>
        {conversations.isPending && (
          <div className={styles.loading} role="status" aria-label="Loading conversations">
            {[82, 64, 74, 58].map((width) => (
              <Skeleton key={width} width={`${width}%`} />
            ))}
          </div>
        )}
        {conversations.isError && !conversations.data && <LoadProblem bare error={conversations.error} onRetry={() => void conversations.refetch()} />}
        {conversations.data && rows.length === 0 && <p className={styles.none}>Your conversations will be listed here.</p>}
        <ul className={styles.rows}>
          {rows.map((conversation, at) => {
            const before = rows[at - 1];
            const period = periodOf(conversation);
            return (
              <li key={conversation.id}>
                {(!before || periodOf(before) !== period) && <div className={styles.period}>{period}</div>}
                <Row conversation={conversation} here={conversation.id === current} onPick={onPick} />
              </li>
            );
          })}
        </ul>
        {more && (
          <Button tone="quiet" size="sm" wide onClick={() => setPages(pages + 1)} busy={conversations.isFetching}>
            Show more
          </Button>
        )}
      </div>
    </div>
  );
}

function Row({ conversation, here, onPick }: { conversation: Conversation; here: boolean; onPick?: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const live = useLiveAnswer(conversation.id);
  const path = { id: conversation.id };
  const title = conversation.title ?? "New conversation";

  const rename = useMutation({
    mutationFn: (next: string) => data(api.PATCH("/api/conversations/{id}", { params: { path }, body: { title: next } })),
    onSuccess: (changed) => {
      client.setQueryData(conversationQuery(changed.id).queryKey, changed);
      void client.invalidateQueries({ queryKey: conversationsKey });
      setRenaming(false);
    },
  });

  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/conversations/{id}", { params: { path } })),
    onSuccess: () => {
      dismissAnswer(conversation.id);
      setDeleting(false);
      if (here) navigate("/chat");
      client.removeQueries({ queryKey: conversationQuery(conversation.id).queryKey });
      void client.invalidateQueries({ queryKey: [...conversationsKey, "list"] });
      toast.done("Conversation deleted");
    },
    onError: tellFailure("The conversation could not be deleted"),
  });

  return (
    <div className={styles.row} data-here={here || undefined}>
      <Link href={`/chat/${conversation.id}`} className={styles.link} onClick={onPick} aria-current={here ? "page" : undefined}>
        {live && live.phase !== "failed" && <span className={styles.live} role="img" aria-label="An answer is being written" />}
        <span className={styles.name}>{title}</span>
      </Link>
      <Menu trigger={<IconButton label={`Actions for ${title}`} size="sm" icon={<Ellipsis />} className={styles.more} />}>
        <MenuItem icon={<Pencil />} onSelect={() => setRenaming(true)}>
          Rename
        </MenuItem>
        <MenuItem icon={<Trash2 />} danger onSelect={() => setDeleting(true)}>
          Delete
        </MenuItem>
      </Menu>
      {renaming && <RenameDialog title="Rename conversation" name={title} field="title" mutation={rename} onClose={() => setRenaming(false)} />}
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title="Delete this conversation?"
        description={`“${title}” and all of its messages will be gone. This cannot be undone.`}
        action="Delete conversation"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
