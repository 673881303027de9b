import { useEffect, useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, Unlink } from "lucide-react";
import { useSearchParams } from "wouter";
import { api, data, done, type Identity } from "@tenon/api";
import { Button, Card, ConfirmDialog, SkeletonRows, toast } from "@tenon/ui";
import { LoadProblem, tellFailure } from "../../app/failure";
import { ago, onDate, onDateTime } from "../../app/format";
import settings from "../settings/settings.module.css";
import { outcomeOf } from "./outcomes";
import { identitiesKey, identitiesQuery, servicesQuery } from "./queries";

/** Who one is at other services, by which one can come in. Nothing is shown where there is no service and never was. */
export function IdentitiesSection() {
  const services = useQuery(servicesQuery);
  const identities = useQuery(identitiesQuery);
  const labelOf = (provider: string) => services.data?.find(({ name }) => name === provider)?.label ?? provider;
  useOutcome(labelOf);

  const known = identities.data ?? [];
  const free = (services.data ?? []).filter(({ name }) => !known.some(({ provider }) => provider === name));
  if (!identities.isError && known.length === 0 && free.length === 0) return null;
  return (
    <Card title="Linked services" description="Log in here by the account that you have there." flush>
      {identities.isPending && <SkeletonRows bare rows={1} label="Loading linked services" />}
      {identities.isError && !identities.data && <LoadProblem bare error={identities.error} onRetry={() => void identities.refetch()} />}
      <ul className={settings.rows} aria-label="Linked services">
        {known.map((identity) => (
          <Row key={identity.id} identity={identity} label={labelOf(identity.provider)} />
        ))}
        {identities.data &&
          free.map(({ name, label }) => (
            <Free key={name} name={name} label={label} />
          ))}
      </ul>
    </Card>
  );
}

/** Coming back from the service, the address says how it went; it is told once and taken out. */
function useOutcome(labelOf: (provider: string) => string) {
  const [search, setSearch] = useSearchParams();
  const linked = search.get("linked");
  const fault = outcomeOf(search.get("error"));
  useEffect(() => {
    if (linked !== null) toast.done("Service linked", `From now on you can log in by ${labelOf(linked)}.`);
    else if (fault !== null) toast.fault("The service was not linked", fault);
    else return;
    setSearch({}, { replace: true });
  }, [linked, fault, labelOf, setSearch]);
}

/** The server says where the service's page is, once it knows who asks; the browser goes there and comes back to this page. */
function Free({ name, label }: { name: string; label: string }) {
  const link = useMutation({
    mutationFn: () => data(api.POST("/api/auth/oauth/{provider}/link", { params: { path: { provider: name } }, body: { next: "/settings/security" } })),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: tellFailure(`${label} could not be linked`),
  });
  return (
    <li className={settings.row}>
      <Unlink size={18} aria-hidden />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>{label}</div>
        <div className={settings.rowSub}>Not linked</div>
      </div>
      <Button size="sm" aria-label={`Link ${label}`} busy={link.isPending} onClick={() => link.mutate()}>
        Link
      </Button>
    </li>
  );
}

function Row({ identity, label }: { identity: Identity; label: string }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const unlink = useMutation({
    mutationFn: () => done(api.DELETE("/api/auth/identities/{id}", { params: { path: { id: identity.id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: identitiesKey });
      toast.done("Service unlinked", `You can log in by ${label} no more.`);
    },
    onError: tellFailure(`${label} could not be unlinked`),
    onSettled: () => setAsking(false),
  });
  return (
    <li className={settings.row}>
      <Link2 size={18} aria-hidden />
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>{label}</div>
        <div className={settings.rowSub} title={onDateTime(identity.created_at)}>
          {identity.email && `${identity.email}, `}linked {onDate(identity.created_at)}, used {ago(identity.last_used)}
        </div>
      </div>
      <Button size="sm" aria-label={`Unlink ${label}`} onClick={() => setAsking(true)}>
        Unlink
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Unlink ${label}?`}
        description="You can log in by it no more. Your account here, and the one there, stay as they are."
        action="Unlink"
        busy={unlink.isPending}
        onConfirm={() => unlink.mutate()}
      />
    </li>
  );
}
