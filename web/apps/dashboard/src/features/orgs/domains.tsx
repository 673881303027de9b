import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Button, Card, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { useMe } from "../auth/me";
import settings from "../settings/settings.module.css";
import { DomainDialog } from "./domain-dialog";
import { DomainRow } from "./domain-row";
import { domainsQuery } from "./queries";

/** Domains that are shown to be the organization's, and who may join by an address there. */
export function DomainsSection() {
  const { organization } = useMe();
  const [adding, setAdding] = useState(false);
  const domains = useQuery(domainsQuery(organization.id));
  return (
    <>
      <Card
        title="Domains"
        description="Who has an address at a domain of yours may join without an invitation."
        actions={
          <Button size="sm" tone="primary" icon={<Plus />} onClick={() => setAdding(true)}>
            Add domain
          </Button>
        }
        flush
      >
        {domains.isPending && <SkeletonRows bare rows={2} label="Loading domains" />}
        {domains.isError && !domains.data && <LoadProblem bare error={domains.error} onRetry={() => void domains.refetch()} />}
        {domains.data?.length === 0 && <p className={settings.none}>None yet. Until there is one, people come in by invitation.</p>}
        <ul className={settings.rows} aria-label="Domains">
          {domains.data?.map((domain) => (
            <DomainRow key={domain.id} organization={organization.id} domain={domain} />
          ))}
        </ul>
      </Card>
      {adding && <DomainDialog onClose={() => setAdding(false)} />}
    </>
  );
}
