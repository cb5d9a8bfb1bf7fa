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
      --profile | --base-url | --name | --type | --environment | --service | --expires | --scope | --allow-ip | --allow-referrer | --allow-endpoint | --metadata | --shell | --status | --unused | --expiring | --older-than | --sort | --columns | --limit | --grace | --ip | --referrer | --method | --path | --port | --host | --data-dir | --database) ((i++)) ;;
      -*) ;;
      *)
        case "${path:+$path }$word" in
          'create' | 'list' | 'ls' | 'show' | 'update' | 'roll' | 'revoke' | 'verify' | 'login' | 'logout' | 'status' | 'profile' | 'profile list' | 'profile use' | 'profile add' | 'profile remove' | 'profile help' | 'config' | 'config list' | 'config get' | 'config set' | 'config unset' | 'config path' | 'config help' | 'serve' | 'serve migrate' | 'serve export' | 'serve import' | 'completion' | 'help') path="${path:+$path }$word" ;;
        esac
        ;;
    esac
  done
  case "$path:$prev" in
    ':--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'create:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
    'create:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
    'create:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell dotenv github); return ;;
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
    'roll:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell dotenv github); return ;;
    'roll:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'revoke:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
    'verify:--profile') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null); return ;;
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
      '') _keys_offer < <(printf '%s\n' --version --profile --base-url --json --no-input --insecure --debug --help) ;;
      'create') _keys_offer < <(printf '%s\n' --name --type --environment --service --expires --scope --allow-ip --allow-referrer --allow-endpoint --metadata --env --shell --raw --dry-run --help --profile --base-url --json --no-input --insecure --debug) ;;
      'list') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --unused --never-used --expiring --older-than --all --sort --columns --limit --help --profile --base-url --json --no-input --insecure --debug) ;;
      'ls') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --unused --never-used --expiring --older-than --all --sort --columns --limit --help --profile --base-url --json --no-input --insecure --debug) ;;
      'show') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'update') _keys_offer < <(printf '%s\n' --name --service --expires --no-expires --scope --allow-ip --allow-referrer --allow-endpoint --no-restrictions --metadata --dry-run --help --profile --base-url --json --no-input --insecure --debug) ;;
      'roll') _keys_offer < <(printf '%s\n' --grace --now --env --shell --raw --yes --dry-run --help --profile --base-url --json --no-input --insecure --debug) ;;
      'revoke') _keys_offer < <(printf '%s\n' --yes --force --dry-run --help --profile --base-url --json --no-input --insecure --debug) ;;
      'verify') _keys_offer < <(printf '%s\n' --scope --ip --referrer --method --path --help --profile --base-url --json --no-input --insecure --debug) ;;
      'login') _keys_offer < <(printf '%s\n' --with-token --insecure-storage --help --profile --base-url --json --no-input --insecure --debug) ;;
      'logout') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'status') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile list') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile use') _keys_offer < <(printf '%s\n' --embedded --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile add') _keys_offer < <(printf '%s\n' --environment --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile remove') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'profile help') _keys_offer < <(printf '%s\n' --profile --base-url --json --no-input --insecure --debug) ;;
      'config') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config list') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config get') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config set') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config unset') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config path') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'config help') _keys_offer < <(printf '%s\n' --profile --base-url --json --no-input --insecure --debug) ;;
      'serve') _keys_offer < <(printf '%s\n' --port --host --data-dir --database --help --profile --base-url --json --no-input --insecure --debug) ;;
      'serve migrate') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --base-url --json --no-input --insecure --debug) ;;
      'serve export') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --base-url --json --no-input --insecure --debug) ;;
      'serve import') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --base-url --json --no-input --insecure --debug) ;;
      'completion') _keys_offer < <(printf '%s\n' --help --profile --base-url --json --no-input --insecure --debug) ;;
      'help') _keys_offer < <(printf '%s\n' --profile --base-url --json --no-input --insecure --debug) ;;
    esac
    return
  fi
  case $path in
    '') _keys_offer < <(printf '%s\n' create list ls show update roll revoke verify login logout status profile config serve completion help) ;;
    'show') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'update') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'roll') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'revoke') _keys_offer < <("${COMP_WORDS[0]}" __complete keys 2>/dev/null) ;;
    'profile') _keys_offer < <(printf '%s\n' list use add remove help) ;;
    'profile use') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null) ;;
    'profile remove') _keys_offer < <("${COMP_WORDS[0]}" __complete profiles 2>/dev/null) ;;
    'config') _keys_offer < <(printf '%s\n' list get set unset path help) ;;
    'serve') _keys_offer < <(printf '%s\n' migrate export import) ;;
    'completion') _keys_offer < <(printf '%s\n' bash zsh fish powershell) ;;
  esac
}
complete -F _keys keys
