import { useEffect, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { PanelLeft, SquarePen } from "lucide-react";
import { useLocation, useParams, useSearchParams } from "wouter";
import { ApiError, api, data, type Citation } from "@tenon/api";
import { Drawer, IconButton, classNames } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { useMedia } from "../../app/media";
import { usePageTitle } from "../../app/page-title";
import { ask, dismissAnswer, markStopping, useLiveAnswer } from "./answers";
import { Composer } from "./composer";
import { CollectionMenu, ModelMenu } from "./choices";
import { ConversationList } from "./conversation-list";
import { PassagePanel } from "./passage-panel";
import { conversationQuery, conversationsKey, modelsQuery } from "./queries";
import { Suggestions } from "./suggestions";
import { Thread, ThreadSkeleton } from "./thread";
import styles from "./chat.module.css";

export default function Chat() {
  const { id } = useParams<{ id?: string }>();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const client = useQueryClient();
  const [model, setModel] = useState<string | null>(null);
  const [collections, setCollections] = useState<readonly string[]>([]);
  const [draft, setDraft] = useState(search.get("q") ?? "");
  const [citation, setCitation] = useState<Citation | null>(null);
  const [list, setList] = useState(false);
  const beside = useMedia("(min-width: 1240px)");
  const live = useLiveAnswer(id);
  const models = useQuery(modelsQuery);
  const conversation = useQuery({ ...conversationQuery(id ?? ""), enabled: id !== undefined });
  const chatModels = models.data?.filter((entry) => entry.kind === "chat") ?? [];
  const chosen = (id ? conversation.data?.model : model) ?? chatModels[0]?.id ?? null;
  const title = id ? conversation.data?.title ?? "New conversation" : "New conversation";
  usePageTitle(title);

  useEffect(() => {
    setCitation(null);
    setList(false);
  }, [id]);

  const begin = useMutation({
    mutationFn: (content: string) =>
      data(api.POST("/api/conversations", { body: { ...(model && { model }), ...(collections.length > 0 && { collection_ids: [...collections] }) } })).then((made) => ({ made, content })),
    onSuccess: ({ made, content }) => {
      client.setQueryData(conversationQuery(made.id).queryKey, made);
      void client.invalidateQueries({ queryKey: conversationsKey });
      setDraft("");
      ask(made.id, content);
      navigate(`/chat/${made.id}`);
    },
    onError: tellFailure("The conversation could not be started"),
  });

  const changeModel = useMutation({
    mutationFn: (next: string) => data(api.PATCH("/api/conversations/{id}", { params: { path: { id: id ?? "" } }, body: { model: next } })),
    onSuccess: (changed) => client.setQueryData(conversationQuery(changed.id).queryKey, changed),
    onError: tellFailure("The model could not be changed"),
  });

  const stop = useMutation({
    mutationFn: (messageId: string) => api.POST("/api/conversations/{id}/messages/{message_id}/stop", { params: { path: { id: id ?? "", message_id: messageId } } }),
    onError: tellFailure("The answer could not be stopped"),
  });

  const send = (content: string) => {
    if (!id) return begin.mutate(content);
    setDraft("");
    ask(id, content);
  };

  const onStop = () => {
    if (!id || !live) return;
    if (!live.messageId) return dismissAnswer(id);
    markStopping(id);
    stop.mutate(live.messageId);
  };

  const writing = live !== null && live.phase !== "failed" && live.phase !== "ended";
  const missing = conversation.error instanceof ApiError && conversation.error.code === "NOT_FOUND";

  return (
    <div className={classNames(styles.chat, citation && beside && styles.withPanel)}>
      <h1 className="visually-hidden">Chat</h1>
      <aside className={styles.list} aria-label="Conversations">
        <ConversationList current={id} />
      </aside>
      <section className={styles.column} aria-label={title}>
        <header className={styles.head}>
          <span className={styles.listButton}>
            <Drawer open={list} onOpenChange={setList} title="Conversations" trigger={<IconButton label="Conversations" icon={<PanelLeft />} />}>
              <ConversationList current={id} onPick={() => setList(false)} />
            </Drawer>
          </span>
          <h2 className={styles.title}>{title}</h2>
          <span className={styles.listButton}>
            <IconButton label="New conversation" icon={<SquarePen />} onClick={() => navigate("/chat")} />
          </span>
        </header>
        {!id && <Suggestions onPick={send} busy={begin.isPending} />}
        {id && conversation.isError && (
          <div className={styles.middle}>
            <LoadProblem error={conversation.error} title={missing ? "This conversation is gone" : undefined} onRetry={missing ? undefined : () => void conversation.refetch()} />
          </div>
        )}
        {id && conversation.isPending && (
          <div className={styles.middle}>
            <ThreadSkeleton />
          </div>
        )}
        {id && conversation.data && <Thread key={id} conversationId={id} live={live} cited={citation} onCite={setCitation} onRetry={(question) => ask(id, question)} />}
        {!missing && (
          <Composer
            value={draft}
            onChange={setDraft}
            onSend={send}
            onStop={onStop}
            busy={begin.isPending}
            writing={writing}
            choices={
              <>
                <ModelMenu models={chatModels} chosen={chosen} onChoose={(next) => (id ? changeModel.mutate(next) : setModel(next))} />
                <CollectionMenu chosen={id ? conversation.data?.collection_ids ?? [] : collections} onChange={id ? null : setCollections} />
              </>
            }
          />
        )}
      </section>
      {citation && <PassagePanel citation={citation} beside={beside} onClose={() => setCitation(null)} />}
    </div>
  );
}
