# bash completion for keys; made from the command tree by npm run docs
_keys_offer() {
  local word
  while IFS= read -r word; do
    [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
  done
}

_keys() {
  local cur prev path='' word i
  COMPREPLY=()
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  cur=${cur#[\"\']}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --profile | --provider | --base-url | --set | --name | --type | --environment | --service | --expires | --scope | --allow-ip | --allow-referrer | --allow-endpoint | --metadata | --shell | --env-file | --env-name | --exec | --status | --unused | --expiring | --older-than | --sort | --columns | --limit | --grace | --until | --watch | --due | --ttl | --ip | --referrer | --method | --path | --max-age | --html | --fail-on | --config | --print | --key | --data | --query | --header | --signature | --policy | --port | --host | --data-dir | --database | --webhook-url | --trust-proxy | --metrics-port) ((i++)) ;;
      -*) ;;
      *)
        case "${path:+$path }$word" in
          'create' | 'list' | 'ls' | 'show' | 'update' | 'roll' | 'revoke' | 'resume' | 'pending' | 'run' | 'verify' | 'audit' | 'guard' | 'events' | 'env' | 'import' | 'api' | 'webhook' | 'webhook verify' | 'webhook sign' | 'webhook help' | 'provider' | 'provider list' | 'provider show' | 'provider add' | 'provider new' | 'provider test' | 'provider remove' | 'provider help' | 'login' | 'logout' | 'status' | 'profile' | 'profile list' | 'profile use' | 'profile add' | 'profile remove' | 'profile help' | 'config' | 'config list' | 'config get' | 'config set' | 'config unset' | 'config path' | 'config help' | 'serve' | 'serve migrate' | 'serve export' | 'serve import' | 'completion' | 'help') path="${path:+$path }$word" ;;
        esac
        ;;
    esac
  done
  case "$path:$prev" in
    ':--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'create:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
    'create:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'create:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
    'create:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'list:--status') _keys_offer < <(printf '%s\n' active retiring expired revoked); return ;;
    'list:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
    'list:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'list:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'ls:--status') _keys_offer < <(printf '%s\n' active retiring expired revoked); return ;;
    'ls:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
    'ls:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'ls:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'show:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'update:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'roll:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
    'roll:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'revoke:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'resume:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'pending:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'run:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'verify:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'audit:--fail-on') _keys_offer < <(printf '%s\n' low medium high); return ;;
    'audit:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'guard:--print') _keys_offer < <(printf '%s\n' pre-commit husky); return ;;
    'guard:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'events:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'env:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
    'env:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'import:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
    'import:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'import:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'api:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'webhook:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'webhook verify:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'webhook sign:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'webhook help:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider list:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider show:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider add:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider new:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider test:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider remove:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'provider help:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'login:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'logout:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'status:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile list:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile use:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile add:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'profile add:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile remove:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'profile help:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config list:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config get:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config set:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config unset:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config path:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'config help:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'serve:--data-dir') _keys_offer < <(compgen -f -- "$cur"); return ;;
    'serve:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'serve migrate:--data-dir') _keys_offer < <(compgen -f -- "$cur"); return ;;
    'serve migrate:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'serve export:--data-dir') _keys_offer < <(compgen -f -- "$cur"); return ;;
    'serve export:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'serve import:--data-dir') _keys_offer < <(compgen -f -- "$cur"); return ;;
    'serve import:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'completion:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'help:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
  esac
  if [[ $cur == -* ]]; then
    case $path in
      '') _keys_offer < <(printf '%s\n' --version --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug --help) ;;
      'create') _keys_offer < <(printf '%s\n' --name --type --environment --service --expires --scope --allow-ip --allow-referrer --allow-endpoint --metadata --env --shell --raw --save --env-file --env-name --exec --github-env --github-output --no-escrow --insecure-storage --yes --dry-run --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'list') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --unused --never-used --expiring --older-than --all --sort --columns --limit --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'ls') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --unused --never-used --expiring --older-than --all --sort --columns --limit --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'show') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'update') _keys_offer < <(printf '%s\n' --name --service --expires --no-expires --scope --allow-ip --allow-referrer --allow-endpoint --no-restrictions --metadata --dry-run --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'roll') _keys_offer < <(printf '%s\n' --grace --until --now --revoke-first --watch --due --scope --abort --env --shell --raw --save --env-file --env-name --exec --github-env --github-output --insecure-storage --no-escrow --yes --dry-run --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'revoke') _keys_offer < <(printf '%s\n' --yes --force --dry-run --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'resume') _keys_offer < <(printf '%s\n' --show --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'pending') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'run') _keys_offer < <(printf '%s\n' --key --ephemeral --ttl --scope --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'verify') _keys_offer < <(printf '%s\n' --scope --ip --referrer --method --path --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'audit') _keys_offer < <(printf '%s\n' --max-age --unused --all-profiles --ledger --repo --history --sarif --markdown --step-summary --html --fail-on --config --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'guard') _keys_offer < <(printf '%s\n' --print --config --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'events') _keys_offer < <(printf '%s\n' --limit --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'env') _keys_offer < <(printf '%s\n' --shell --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'import') _keys_offer < <(printf '%s\n' --name --type --environment --service --expires --env-file --env-name --insecure-storage --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'api') _keys_offer < <(printf '%s\n' --key --data --query --header --include --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'webhook') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'webhook verify') _keys_offer < <(printf '%s\n' --signature --key --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'webhook sign') _keys_offer < <(printf '%s\n' --key --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'webhook help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider show') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider add') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider new') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider test') _keys_offer < <(printf '%s\n' --scope --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider remove') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'provider help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'login') _keys_offer < <(printf '%s\n' --with-token --insecure-storage --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'logout') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'status') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile use') _keys_offer < <(printf '%s\n' --embedded --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile add') _keys_offer < <(printf '%s\n' --environment --policy --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile remove') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'profile help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config get') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config set') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config unset') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config path') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'config help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'serve') _keys_offer < <(printf '%s\n' --port --host --data-dir --database --policy --webhook-url --trust-proxy --metrics-port --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'serve migrate') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'serve export') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'serve import') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'completion') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
      'help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --no-input --no-browser --insecure --debug) ;;
    esac
    return
  fi
  case $path in
    '') _keys_offer < <(printf '%s\n' create list ls show update roll revoke resume pending run verify audit guard events env import api webhook provider login logout status profile config serve completion help) ;;
    'show') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'update') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'revoke') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'guard') _keys_offer < <(printf '%s\n' install) ;;
    'events') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'webhook') _keys_offer < <(printf '%s\n' verify sign help) ;;
    'provider') _keys_offer < <(printf '%s\n' list show add new test remove help) ;;
    'profile') _keys_offer < <(printf '%s\n' list use add remove help) ;;
    'profile use') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null) ;;
    'profile remove') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null) ;;
    'config') _keys_offer < <(printf '%s\n' list get set unset path help) ;;
    'serve') _keys_offer < <(printf '%s\n' migrate export import) ;;
    'completion') _keys_offer < <(printf '%s\n' bash zsh fish powershell) ;;
  esac
}
complete -F _keys keys
