import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, type KnowledgeSettings } from "@tenon/api";
import { Badge, Button, Callout, Card, Field, Input, Progress, Select, SkeletonRows, toast } from "@tenon/ui";
import { FormProblem, LoadProblem, faultOf } from "../../app/failure";
import { usePermission } from "../auth/me";
import { modelsQuery } from "../conversations/queries";
import styles from "./settings.module.css";

const settingsKey = ["knowledge-settings"];
const OTHER = "other";

export function SearchSection() {
  const current = useQuery({
    queryKey: settingsKey,
    queryFn: () => data(api.GET("/api/knowledge/settings")),
    refetchInterval: (query) => (query.state.data?.status === "building" ? 1000 : false),
  });
  if (current.isPending) return <SkeletonRows rows={3} label="Loading the search settings" />;
  if (current.isError) return <LoadProblem error={current.error} onRetry={() => void current.refetch()} />;
  return <SearchForm key={current.data.embedding_model ?? ""} settings={current.data} />;
}

function SearchForm({ settings }: { settings: KnowledgeSettings }) {
  const saved = settings.embedding_model ?? "";
  const [chosen, setChosen] = useState(saved);
  const [other, setOther] = useState("");
  const models = useQuery(modelsQuery);
  const mayManage = usePermission("org.manage");
  const client = useQueryClient();
  const known = (models.data ?? []).filter(({ kind }) => kind === "embeddings").map(({ id }) => id);
  const model = chosen === OTHER ? other.trim() : chosen;
  const again = model === saved && settings.error !== null;
  const save = useMutation({
    mutationFn: () => data(api.PATCH("/api/knowledge/settings", { body: { embedding_model: model || null } })),
    onSuccess: (next) => {
      client.setQueryData(settingsKey, next);
      toast.done(again ? "It is tried again" : "Search settings saved");
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Card
        title="Document search"
        description="Documents are always found by their words. An embedding model finds what is like the question in meaning as well; builtin/embed-1, which works offline, knows related spellings alone."
        actions={<StateBadge settings={settings} />}
        footer={
          mayManage && (
            <Button tone="primary" type="submit" busy={save.isPending} disabled={(chosen === OTHER && !model) || (model === saved && !again)}>
              {again ? "Try again" : "Save"}
            </Button>
          )
        }
      >
        <div className={`stack ${styles.fields}`}>
          {!mayManage && <Callout>Only owners and admins can choose the model.</Callout>}
          {settings.error && <Callout tone="warning">{settings.error} It is tried again by itself.</Callout>}
          <FormProblem error={save.error} shown={["embedding_model"]} />
          <Field label="Embedding model" hint="Changing it makes new vectors of every document; until then search goes on as before." error={chosen === OTHER ? undefined : faultOf(save.error, "embedding_model")}>
            <Select value={chosen} disabled={!mayManage} onChange={(event) => setChosen(event.target.value)}>
              <option value="">None, search by words alone</option>
              {[...new Set(saved ? [...known, saved] : known)].map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
              <option value={OTHER}>Another model</option>
            </Select>
          </Field>
          {chosen === OTHER && (
            <Field label="Its name" hint="The provider's name and the model, as in ollama/nomic-embed-text." error={faultOf(save.error, "embedding_model")}>
              <Input value={other} maxLength={200} placeholder="provider/model" disabled={!mayManage} onChange={(event) => setOther(event.target.value)} />
            </Field>
          )}
          {settings.status === "building" && (
            <div className="stack">
              <Progress label="Vectors of documents" value={settings.progress} />
              <span className={styles.rowSub}>
                {settings.embedded} of {settings.documents} documents
              </span>
            </div>
          )}
        </div>
      </Card>
    </form>
  );
}

function StateBadge({ settings: { status, error } }: { settings: KnowledgeSettings }) {
  if (status === "none") return <Badge>Words alone</Badge>;
  if (status === "ready") return <Badge tone="success">Words and vectors</Badge>;
  return error ? <Badge tone="warning">Waiting</Badge> : <Badge tone="accent">Making vectors</Badge>;
}
