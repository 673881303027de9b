import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { UserRoundX } from "lucide-react";
import { Link, useSearchParams } from "wouter";
import type { Account } from "@tenon/api";
import { Avatar, Badge, Page, PageHeader, Table, Td, Th } from "@tenon/ui";
import { ago, count, onDateTime } from "../../app/format";
import { usePageTitle } from "../../app/page-title";
import { useMe } from "../auth/me";
import { useSettled } from "../knowledge/use-settled";
import styles from "./admin.module.css";
import { Listing } from "./listing";
import { PersonPanel } from "./person";
import { peopleQuery } from "./queries";

const WORDS = { find: "Find people", placeholder: "Name or e-mail", loading: "Loading people", none: "Nobody is called that", hint: "Part of a name or address is enough.", one: "person", many: "people" };

export default function People() {
  usePageTitle("People");
  const [search, setSearch] = useSearchParams();
  const [wanted, setWanted] = useState("");
  const [page, setPage] = useState(1);
  const people = useQuery(peopleQuery({ page, q: useSettled(wanted.trim(), 200) }));
  const opened = search.get("person");

  return (
    <Page>
      <PageHeader title="People">Everybody who has an account on this installation, newest first.</PageHeader>
      <Listing
        list={people}
        words={WORDS}
        icon={<UserRoundX />}
        wanted={wanted}
        onWanted={(next) => {
          setWanted(next);
          setPage(1);
        }}
        page={page}
        onPage={setPage}
      >
        {({ data }) => (
          <Table label="People">
            <thead>
              <tr>
                <Th>Person</Th>
                <Th wideOnly>Account</Th>
                <Th wideOnly numeric>
                  Organizations
                </Th>
                <Th wideOnly numeric>
                  Sessions
                </Th>
                <Th wideOnly numeric>
                  Last login
                </Th>
              </tr>
            </thead>
            <tbody>
              {data.map((account) => (
                <Row key={account.id} account={account} />
              ))}
            </tbody>
          </Table>
        )}
      </Listing>
      {opened && <PersonPanel key={opened} id={opened} known={people.data?.data.find(({ id }) => id === opened)} onClose={() => setSearch({}, { replace: true })} />}
    </Page>
  );
}

function Row({ account }: { account: Account }) {
  const { user } = useMe();
  return (
    <tr>
      <Td>
        <div className={styles.person}>
          <span className={styles.picture}>
            <Avatar name={account.name} />
          </span>
          <span className={styles.names}>
            <Link href={`/admin/people?person=${account.id}`} className={styles.name}>
              {account.name}
            </Link>
            <span className={styles.sub}>{account.email}</span>
            <span className={styles.narrowOnly}>
              <Standing account={account} />
            </span>
          </span>
          {account.id === user.id && <Badge>You</Badge>}
        </div>
      </Td>
      <Td wideOnly>
        <Standing account={account} />
      </Td>
      <Td wideOnly numeric>
        {count(account.organization_count)}
      </Td>
      <Td wideOnly numeric>
        {count(account.session_count)}
      </Td>
      <Td wideOnly numeric title={account.last_login ? onDateTime(account.last_login) : undefined} className={styles.faint}>
        {account.last_login ? ago(account.last_login) : "Never"}
      </Td>
    </tr>
  );
}

function Standing({ account }: { account: Account }) {
  return (
    <span className={styles.badges}>
      <Badge tone={account.is_active ? "success" : "danger"} dot>
        {account.is_active ? "Active" : "Shut"}
      </Badge>
      {account.is_admin && <Badge tone="accent">Administrator</Badge>}
      {!account.email_verified && <Badge tone="warning">Not confirmed</Badge>}
    </span>
  );
}
