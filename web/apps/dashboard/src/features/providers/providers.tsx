import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plug, Plus, Search } from "lucide-react";
import type { CatalogueEntry } from "@tenon/api";
import { Badge, Button, EmptyState, Input, Page, PageHeader, SkeletonBlock, SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { plural } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { usePermission } from "../auth/me";
import { ProviderForm } from "./provider-form";
import { ProviderRow } from "./provider-row";
import { catalogueQuery, providersQuery } from "./queries";
import styles from "./providers.module.css";

export default function Providers() {
  usePageTitle("Providers");
  const [wanted, setWanted] = useState("");
  const [adding, setAdding] = useState<CatalogueEntry | null>(null);
  const mayManage = usePermission("providers.manage");
  const providers = useQuery(providersQuery);
  const catalogue = useQuery(catalogueQuery);
  const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = (catalogue.data ?? []).filter((entry) => parts.every((part) => `${entry.name} ${entry.provider} ${entry.capabilities.join(" ")}`.toLowerCase().includes(part)));

  return (
    <Page>
      <PageHeader title="Providers">Whose models this organization may call. Keys are stored encrypted, never shown again, and sent to the provider's own address only.</PageHeader>
      <section className="stack" aria-labelledby="connected">
        <h2 id="connected" className={styles.section}>
          Connected
        </h2>
        {providers.isPending && <SkeletonRows rows={2} label="Loading providers" />}
        {providers.isError && !providers.data && <LoadProblem error={providers.error} onRetry={() => void providers.refetch()} />}
        {providers.data && (
          <ul className={styles.rows}>
            <li className={styles.row}>
              <Monogram name="Built in" />
              <div className={styles.about}>
                <div className={styles.name}>Built in</div>
                <div className={styles.sub}>Extracts and cites answers offline, with no key and no cost.</div>
              </div>
              <Badge tone="success" dot>
                Always on
              </Badge>
            </li>
            {providers.data.map((provider) => (
              <ProviderRow key={provider.id} provider={provider} entry={catalogue.data?.find((entry) => entry.provider === provider.provider)} mayManage={mayManage} />
            ))}
          </ul>
        )}
      </section>
      <section className="stack" aria-labelledby="catalogue">
        <div className={styles.catalogueHead}>
          <h2 id="catalogue" className={styles.section}>
            Catalogue
          </h2>
          <div className={styles.search}>
            <Input type="search" icon={<Search />} aria-label="Search the catalogue" placeholder="Search by name or capability" value={wanted} onChange={(event) => setWanted(event.target.value)} />
          </div>
        </div>
        {catalogue.isPending && (
          <div className={styles.grid} role="status" aria-label="Loading the catalogue">
            {[0, 1, 2, 3, 4, 5].map((n) => (
              <SkeletonBlock key={n} height={82} />
            ))}
          </div>
        )}
        {catalogue.isError && !catalogue.data && <LoadProblem error={catalogue.error} onRetry={() => void catalogue.refetch()} />}
        {catalogue.data && shown.length === 0 && (
          <EmptyState icon={<Plug />} title="No provider fits" action={<Button onClick={() => setWanted("openai-compatible")}>Connect an OpenAI-compatible service</Button>}>
            Any service that speaks OpenAI's protocol can be connected by its address.
          </EmptyState>
        )}
        {shown.length > 0 && (
          <ul className={styles.grid} aria-label={plural(shown.length, "provider")}>
            {shown.map((entry) => (
              <li key={entry.provider}>
                <button type="button" className={styles.card} disabled={!mayManage} onClick={() => setAdding(entry)}>
                  <Monogram name={entry.name} />
                  <span className={styles.about}>
                    <span className={styles.name}>{entry.name}</span>
                    <span className={styles.capabilities}>{entry.capabilities.join(", ")}</span>
                  </span>
                  {mayManage && <Plus size={16} aria-hidden className={styles.plus} />}
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      {adding && <ProviderForm entry={adding} onClose={() => setAdding(null)} />}
    </Page>
  );
}

export function Monogram({ name }: { name: string }) {
  return (
    <span className={styles.monogram} aria-hidden>
      {[...name][0]?.toUpperCase()}
    </span>
  );
}
