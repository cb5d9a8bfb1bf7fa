/** The response to the sign-in from a file. Its header leads on; the link does, too. */
export function SignedInPage({ base }: { readonly base: string }) {
  return (
    <div class="gate">
      <h1>Signed in</h1>
      <div class="card">
        <a class="button primary" href={base}>
          Show all services
        </a>
      </div>
    </div>
  );
}
