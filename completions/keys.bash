# bash completion for keys; made from the command tree by npm run docs

# Reads the line up to the cursor as bash would: words before the current one, and of that one its text (cur), the quote that is
# open in it, and what of it readline leaves alone (head).
_keys_read() {
  local line=${COMP_LINE:0:COMP_POINT} char next i begun=''
  words=() cur='' quote='' head=''
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    next=${line:i+1:1}
    if [[ $quote == "'" ]]; then
      if [[ $char == "'" ]]; then quote='' head=$cur; else cur+=$char; fi
    elif [[ $quote == '"' ]]; then
      if [[ $char == '"' ]]; then quote='' head=$cur
      elif [[ $char == \\ && $next == [\"\\\$\`] ]]; then cur+=$next; i=$((i + 1))
      else cur+=$char; fi
    elif [[ $char == [[:space:]] ]]; then
      if [[ -n $begun ]]; then words+=("$cur"); fi
      cur='' head='' begun=''
      continue
    elif [[ $char == \\ ]]; then
      cur+=$next
      i=$((i + 1))
    elif [[ $char == [\'\"] ]]; then
      quote=$char head=$cur
    else
      cur+=$char
      if [[ $COMP_WORDBREAKS == *"$char"* ]]; then head=$cur; fi
    fi
    begun=1
  done
}

# Offers what begins with the current word, from lines of candidates; what is after a tab is about them.
_keys_offer() {
  local word
  while IFS= read -r word; do
    word=${word%%$'\t'*}
    [[ -n $word && ${word:0:${#cur}} == "$cur" ]] || continue
    word=${word:${#head}}
    case $quote in
      "'") word=${word//"'"/"'\\''"} ;;
      '"')
        word=${word//\\/\\\\}
        word=${word//\"/\\\"}
        word=${word//\$/\\\$}
        word=${word//\`/\\\`}
        ;;
      *) printf -v word '%q' "$word" ;;
    esac
    COMPREPLY+=("$word")
  done
}

_keys_ask() {
  if [[ $1 == saved-keys && $cur =~ ^[A-Z_][A-Z0-9_]*= ]]; then
    cur=${cur#*=} head=${head#*=}
  fi
  _keys_offer < <("${COMP_WORDS[0]}" ${scope[@]+"${scope[@]}"} __complete "$1" 2>/dev/null)
}

# Of files, readline does the quoting.
_keys_files() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("${word:${#head}}"); done < <(compgen "$@" -- "$cur")
}

_keys() {
  local cur quote head prev='' path='' word i count=0 plain=''
  local -a words scope=()
  COMPREPLY=()
  _keys_read
  for ((i = 1; i < ${#words[@]}; i++)); do
    word=${words[i]}
    if [[ -n $plain ]]; then
      count=$((count + 1))
      continue
    fi
    case $word in
      --) plain=1 ;;
      -p | --profile | --provider | --base-url | --set) 
        # The last one's value is what is being typed.
        if ((i + 1 < ${#words[@]})); then scope+=("$word" "${words[i + 1]}"); fi
        i=$((i + 1))
        ;;
      --profile=* | --provider=* | --base-url=* | --set=*) scope+=("$word") ;;
      --name | --type | --environment | --service | --owner | --expires | --metadata | --scope | --allow-ip | --allow-referrer | --allow-endpoint | --rate | --quota | --uses | --to | --shell | --rotate | --grace | --status | --unused | --expiring | --older-than | --sort | --columns | --limit | -L | --until | --watch | --skip | --from | --ip | --referrer | --method | --path | --out | --only | --report | --account | --key | --ttl | --id | --dashboard-name | --max-age | --html | --fail-on | --config | --baseline | --print | --days | --policy | --data | --query | --header | --openapi | --port | --host | --listen | --tls-cert | --tls-key | --data-dir | --database | --database-connections | --database-connect-timeout | --database-statement-timeout | --prefix | --hmac-key | --webhook-url | --trust-proxy | --gateway-environment | --retain-ended | --retain-events | --log | --console-host | --metrics-port | --algorithm | --old-key | --new-key | --signature) i=$((i + 1)) ;;
      -*) ;;
      *)
        case "${path:+$path }$word" in
          'create' | 'list' | 'ls' | 'show' | 'update' | 'roll' | 'rotate' | 'pause' | 'unpause' | 'revoke' | 'delete' | 'remove' | 'rm' | 'verify' | 'places' | 'places list' | 'places add' | 'places remove' | 'places test' | 'places kinds' | 'places kinds add' | 'places kinds remove' | 'places help' | 'deliver' | 'resume' | 'pending' | 'pending drop' | 'plan' | 'apply' | 'adopt' | 'schedule' | 'run' | 'env' | 'import' | 'audit' | 'guard' | 'events' | 'usage' | 'doctor' | 'login' | 'logout' | 'status' | 'whoami' | 'profile' | 'profile list' | 'profile use' | 'profile add' | 'profile remove' | 'profile help' | 'config' | 'config list' | 'config get' | 'config set' | 'config unset' | 'config path' | 'config help' | 'ledger' | 'ledger show' | 'ledger move' | 'ledger readdress' | 'ledger help' | 'api' | 'provider' | 'provider list' | 'provider show' | 'provider add' | 'provider new' | 'provider test' | 'provider remove' | 'provider help' | 'serve' | 'serve migrate' | 'serve export' | 'serve import' | 'serve import-digests' | 'serve backup' | 'serve restore' | 'serve rekey' | 'serve recover' | 'console' | 'webhook' | 'webhook verify' | 'webhook sign' | 'webhook help' | 'completion' | 'help') path="${path:+$path }$word" ;;
          *) count=$((count + 1)) ;;
        esac
        ;;
    esac
  done
  if [[ -z $plain ]]; then
    if ((${#words[@]} > 1)); then prev=${words[${#words[@]} - 1]}; fi
    if [[ $cur == --*=* ]]; then
      prev=${cur%%=*}
      cur=${cur#*=} head=${head#*=}
    elif [[ $cur == -* ]]; then
      case $path in
        '') _keys_offer < <(printf '%s\n' --version --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug --help) ;;
        'create') _keys_offer < <(printf '%s\n' --name --type --environment --service --owner --expires --metadata --scope --allow-ip --allow-referrer --allow-endpoint --rate --quota --uses --to --copy --env --shell --raw --replace --no-escrow --insecure-storage --rotate --grace --yes --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'list') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --owner --metadata --unused --never-used --expiring --older-than --all --all-profiles --sort --columns --limit --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ls') _keys_offer < <(printf '%s\n' --name --status --type --environment --service --owner --metadata --unused --never-used --expiring --older-than --all --all-profiles --sort --columns --limit --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'show') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'update') _keys_offer < <(printf '%s\n' --name --service --owner --expires --no-expires --scope --allow-ip --allow-referrer --allow-endpoint --no-restrictions --rate --quota --uses --no-limits --metadata --yes --force --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'roll') _keys_offer < <(printf '%s\n' --grace --until --now --revoke-first --in-place --watch --expires --scope --to --copy --env --shell --raw --skip --replace --insecure-storage --no-escrow --due --abort --yes --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'rotate') _keys_offer < <(printf '%s\n' --grace --until --now --revoke-first --in-place --watch --expires --scope --to --copy --env --shell --raw --skip --replace --insecure-storage --no-escrow --due --abort --yes --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'pause') _keys_offer < <(printf '%s\n' --yes --force --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'unpause') _keys_offer < <(printf '%s\n' --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'revoke') _keys_offer < <(printf '%s\n' --yes --force --erase --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'delete') _keys_offer < <(printf '%s\n' --yes --force --erase --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'remove') _keys_offer < <(printf '%s\n' --yes --force --erase --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'rm') _keys_offer < <(printf '%s\n' --yes --force --erase --dry-run --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'verify') _keys_offer < <(printf '%s\n' --from --scope --ip --environment --referrer --method --path --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places add') _keys_offer < <(printf '%s\n' --to --replace --insecure-storage --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places remove') _keys_offer < <(printf '%s\n' --erase --yes --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places test') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places kinds') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places kinds add') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places kinds remove') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'places help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'deliver') _keys_offer < <(printf '%s\n' --to --replace --insecure-storage --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'resume') _keys_offer < <(printf '%s\n' --show --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'pending') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'pending drop') _keys_offer < <(printf '%s\n' --yes --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'plan') _keys_offer < <(printf '%s\n' --out --only --skip --schema --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'apply') _keys_offer < <(printf '%s\n' --only --report --replace --skip --yes --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'adopt') _keys_offer < <(printf '%s\n' --account --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'schedule') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'run') _keys_offer < <(printf '%s\n' --key --ephemeral --ttl --scope --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'env') _keys_offer < <(printf '%s\n' --shell --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'import') _keys_offer < <(printf '%s\n' --name --type --environment --service --expires --from --id --successor --dashboard-name --to --replace --insecure-storage --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'audit') _keys_offer < <(printf '%s\n' --max-age --unused --all-profiles --ledger --repo --history --sarif --markdown --step-summary --html --fail-on --config --baseline --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'guard') _keys_offer < <(printf '%s\n' --print --config --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'events') _keys_offer < <(printf '%s\n' --limit --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'usage') _keys_offer < <(printf '%s\n' --days --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'doctor') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'login') _keys_offer < <(printf '%s\n' --with-token --insecure-storage --yes --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'logout') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'status') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'whoami') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile use') _keys_offer < <(printf '%s\n' --embedded --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile add') _keys_offer < <(printf '%s\n' --environment --policy --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile remove') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'profile help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config get') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config set') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config unset') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config path') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'config help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ledger') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ledger show') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ledger move') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ledger readdress') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'ledger help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'api') _keys_offer < <(printf '%s\n' --key --environment --data --query --header --include --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider list') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider show') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider add') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider new') _keys_offer < <(printf '%s\n' --openapi --path --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider test') _keys_offer < <(printf '%s\n' --scope --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider remove') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'provider help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve') _keys_offer < <(printf '%s\n' --config --port --host --listen --tls-cert --tls-key --data-dir --database --database-connections --database-connect-timeout --database-statement-timeout --policy --prefix --hmac-key --webhook-url --trust-proxy --gateway-environment --retain-ended --retain-events --log --no-console --console-host --metrics-port --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve migrate') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve export') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve import') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve import-digests') _keys_offer < <(printf '%s\n' --algorithm --hmac-key --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve backup') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve restore') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve rekey') _keys_offer < <(printf '%s\n' --old-key --new-key --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'serve recover') _keys_offer < <(printf '%s\n' --data-dir --database --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'console') _keys_offer < <(printf '%s\n' --no-open --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'webhook') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'webhook verify') _keys_offer < <(printf '%s\n' --signature --key --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'webhook sign') _keys_offer < <(printf '%s\n' --key --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'webhook help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'completion') _keys_offer < <(printf '%s\n' --help --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
        'help') _keys_offer < <(printf '%s\n' --profile --provider --base-url --set --json --quiet --no-color --no-input --no-browser --insecure --debug) ;;
      esac
      return
    fi
    case "$path:$prev" in
      ':--profile' | ':-p') _keys_ask profiles; return ;;
      ':--provider') _keys_ask providers; return ;;
      'create:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
      'create:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'create:--to') _keys_files -f; return ;;
      'create:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
      'create:--profile' | 'create:-p') _keys_ask profiles; return ;;
      'create:--provider') _keys_ask providers; return ;;
      'list:--status') _keys_offer < <(printf '%s\n' active retiring paused expired revoked); return ;;
      'list:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
      'list:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'list:--sort') _keys_ask columns; return ;;
      'list:--columns') _keys_ask columns; return ;;
      'list:--profile' | 'list:-p') _keys_ask profiles; return ;;
      'list:--provider') _keys_ask providers; return ;;
      'ls:--status') _keys_offer < <(printf '%s\n' active retiring paused expired revoked); return ;;
      'ls:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
      'ls:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'ls:--sort') _keys_ask columns; return ;;
      'ls:--columns') _keys_ask columns; return ;;
      'ls:--profile' | 'ls:-p') _keys_ask profiles; return ;;
      'ls:--provider') _keys_ask providers; return ;;
      'show:--profile' | 'show:-p') _keys_ask profiles; return ;;
      'show:--provider') _keys_ask providers; return ;;
      'update:--profile' | 'update:-p') _keys_ask profiles; return ;;
      'update:--provider') _keys_ask providers; return ;;
      'roll:--to') _keys_files -f; return ;;
      'roll:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
      'roll:--profile' | 'roll:-p') _keys_ask profiles; return ;;
      'roll:--provider') _keys_ask providers; return ;;
      'rotate:--to') _keys_files -f; return ;;
      'rotate:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
      'rotate:--profile' | 'rotate:-p') _keys_ask profiles; return ;;
      'rotate:--provider') _keys_ask providers; return ;;
      'pause:--profile' | 'pause:-p') _keys_ask profiles; return ;;
      'pause:--provider') _keys_ask providers; return ;;
      'unpause:--profile' | 'unpause:-p') _keys_ask profiles; return ;;
      'unpause:--provider') _keys_ask providers; return ;;
      'revoke:--profile' | 'revoke:-p') _keys_ask profiles; return ;;
      'revoke:--provider') _keys_ask providers; return ;;
      'delete:--profile' | 'delete:-p') _keys_ask profiles; return ;;
      'delete:--provider') _keys_ask providers; return ;;
      'remove:--profile' | 'remove:-p') _keys_ask profiles; return ;;
      'remove:--provider') _keys_ask providers; return ;;
      'rm:--profile' | 'rm:-p') _keys_ask profiles; return ;;
      'rm:--provider') _keys_ask providers; return ;;
      'verify:--from') _keys_files -f; return ;;
      'verify:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'verify:--profile' | 'verify:-p') _keys_ask profiles; return ;;
      'verify:--provider') _keys_ask providers; return ;;
      'places:--profile' | 'places:-p') _keys_ask profiles; return ;;
      'places:--provider') _keys_ask providers; return ;;
      'places list:--profile' | 'places list:-p') _keys_ask profiles; return ;;
      'places list:--provider') _keys_ask providers; return ;;
      'places add:--to') _keys_files -f; return ;;
      'places add:--profile' | 'places add:-p') _keys_ask profiles; return ;;
      'places add:--provider') _keys_ask providers; return ;;
      'places remove:--profile' | 'places remove:-p') _keys_ask profiles; return ;;
      'places remove:--provider') _keys_ask providers; return ;;
      'places test:--profile' | 'places test:-p') _keys_ask profiles; return ;;
      'places test:--provider') _keys_ask providers; return ;;
      'places kinds:--profile' | 'places kinds:-p') _keys_ask profiles; return ;;
      'places kinds:--provider') _keys_ask providers; return ;;
      'places kinds add:--profile' | 'places kinds add:-p') _keys_ask profiles; return ;;
      'places kinds add:--provider') _keys_ask providers; return ;;
      'places kinds remove:--profile' | 'places kinds remove:-p') _keys_ask profiles; return ;;
      'places kinds remove:--provider') _keys_ask providers; return ;;
      'places help:--profile' | 'places help:-p') _keys_ask profiles; return ;;
      'places help:--provider') _keys_ask providers; return ;;
      'deliver:--to') _keys_files -f; return ;;
      'deliver:--profile' | 'deliver:-p') _keys_ask profiles; return ;;
      'deliver:--provider') _keys_ask providers; return ;;
      'resume:--profile' | 'resume:-p') _keys_ask profiles; return ;;
      'resume:--provider') _keys_ask providers; return ;;
      'pending:--profile' | 'pending:-p') _keys_ask profiles; return ;;
      'pending:--provider') _keys_ask providers; return ;;
      'pending drop:--profile' | 'pending drop:-p') _keys_ask profiles; return ;;
      'pending drop:--provider') _keys_ask providers; return ;;
      'plan:--profile' | 'plan:-p') _keys_ask profiles; return ;;
      'plan:--provider') _keys_ask providers; return ;;
      'apply:--profile' | 'apply:-p') _keys_ask profiles; return ;;
      'apply:--provider') _keys_ask providers; return ;;
      'adopt:--profile' | 'adopt:-p') _keys_ask profiles; return ;;
      'adopt:--provider') _keys_ask providers; return ;;
      'schedule:--profile' | 'schedule:-p') _keys_ask profiles; return ;;
      'schedule:--provider') _keys_ask providers; return ;;
      'run:--key') _keys_ask saved-keys; return ;;
      'run:--profile' | 'run:-p') _keys_ask profiles; return ;;
      'run:--provider') _keys_ask providers; return ;;
      'env:--shell') _keys_offer < <(printf '%s\n' sh bash zsh fish powershell nu cmd dotenv github); return ;;
      'env:--profile' | 'env:-p') _keys_ask profiles; return ;;
      'env:--provider') _keys_ask providers; return ;;
      'import:--type') _keys_offer < <(printf '%s\n' secret public); return ;;
      'import:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'import:--from') _keys_files -f; return ;;
      'import:--to') _keys_files -f; return ;;
      'import:--profile' | 'import:-p') _keys_ask profiles; return ;;
      'import:--provider') _keys_ask providers; return ;;
      'audit:--repo') _keys_files -d; return ;;
      'audit:--sarif') _keys_files -f; return ;;
      'audit:--markdown') _keys_files -f; return ;;
      'audit:--html') _keys_files -f; return ;;
      'audit:--fail-on') _keys_offer < <(printf '%s\n' low medium high); return ;;
      'audit:--config') _keys_files -f; return ;;
      'audit:--profile' | 'audit:-p') _keys_ask profiles; return ;;
      'audit:--provider') _keys_ask providers; return ;;
      'guard:--print') _keys_offer < <(printf '%s\n' pre-commit husky); return ;;
      'guard:--config') _keys_files -f; return ;;
      'guard:--profile' | 'guard:-p') _keys_ask profiles; return ;;
      'guard:--provider') _keys_ask providers; return ;;
      'events:--profile' | 'events:-p') _keys_ask profiles; return ;;
      'events:--provider') _keys_ask providers; return ;;
      'usage:--profile' | 'usage:-p') _keys_ask profiles; return ;;
      'usage:--provider') _keys_ask providers; return ;;
      'doctor:--profile' | 'doctor:-p') _keys_ask profiles; return ;;
      'doctor:--provider') _keys_ask providers; return ;;
      'login:--profile' | 'login:-p') _keys_ask profiles; return ;;
      'login:--provider') _keys_ask providers; return ;;
      'logout:--profile' | 'logout:-p') _keys_ask profiles; return ;;
      'logout:--provider') _keys_ask providers; return ;;
      'status:--profile' | 'status:-p') _keys_ask profiles; return ;;
      'status:--provider') _keys_ask providers; return ;;
      'whoami:--profile' | 'whoami:-p') _keys_ask profiles; return ;;
      'whoami:--provider') _keys_ask providers; return ;;
      'profile:--profile' | 'profile:-p') _keys_ask profiles; return ;;
      'profile:--provider') _keys_ask providers; return ;;
      'profile list:--profile' | 'profile list:-p') _keys_ask profiles; return ;;
      'profile list:--provider') _keys_ask providers; return ;;
      'profile use:--profile' | 'profile use:-p') _keys_ask profiles; return ;;
      'profile use:--provider') _keys_ask providers; return ;;
      'profile add:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'profile add:--policy') _keys_offer < <(printf '%s\n' keys trust-swiftly swiftsell tylt jahuty); return ;;
      'profile add:--profile' | 'profile add:-p') _keys_ask profiles; return ;;
      'profile add:--provider') _keys_ask providers; return ;;
      'profile remove:--profile' | 'profile remove:-p') _keys_ask profiles; return ;;
      'profile remove:--provider') _keys_ask providers; return ;;
      'profile help:--profile' | 'profile help:-p') _keys_ask profiles; return ;;
      'profile help:--provider') _keys_ask providers; return ;;
      'config:--profile' | 'config:-p') _keys_ask profiles; return ;;
      'config:--provider') _keys_ask providers; return ;;
      'config list:--profile' | 'config list:-p') _keys_ask profiles; return ;;
      'config list:--provider') _keys_ask providers; return ;;
      'config get:--profile' | 'config get:-p') _keys_ask profiles; return ;;
      'config get:--provider') _keys_ask providers; return ;;
      'config set:--profile' | 'config set:-p') _keys_ask profiles; return ;;
      'config set:--provider') _keys_ask providers; return ;;
      'config unset:--profile' | 'config unset:-p') _keys_ask profiles; return ;;
      'config unset:--provider') _keys_ask providers; return ;;
      'config path:--profile' | 'config path:-p') _keys_ask profiles; return ;;
      'config path:--provider') _keys_ask providers; return ;;
      'config help:--profile' | 'config help:-p') _keys_ask profiles; return ;;
      'config help:--provider') _keys_ask providers; return ;;
      'ledger:--profile' | 'ledger:-p') _keys_ask profiles; return ;;
      'ledger:--provider') _keys_ask providers; return ;;
      'ledger show:--profile' | 'ledger show:-p') _keys_ask profiles; return ;;
      'ledger show:--provider') _keys_ask providers; return ;;
      'ledger move:--profile' | 'ledger move:-p') _keys_ask profiles; return ;;
      'ledger move:--provider') _keys_ask providers; return ;;
      'ledger readdress:--profile' | 'ledger readdress:-p') _keys_ask profiles; return ;;
      'ledger readdress:--provider') _keys_ask providers; return ;;
      'ledger help:--profile' | 'ledger help:-p') _keys_ask profiles; return ;;
      'ledger help:--provider') _keys_ask providers; return ;;
      'api:--key') _keys_ask saved-keys; return ;;
      'api:--environment') _keys_offer < <(printf '%s\n' live test); return ;;
      'api:--profile' | 'api:-p') _keys_ask profiles; return ;;
      'api:--provider') _keys_ask providers; return ;;
      'provider:--profile' | 'provider:-p') _keys_ask profiles; return ;;
      'provider:--provider') _keys_ask providers; return ;;
      'provider list:--profile' | 'provider list:-p') _keys_ask profiles; return ;;
      'provider list:--provider') _keys_ask providers; return ;;
      'provider show:--profile' | 'provider show:-p') _keys_ask profiles; return ;;
      'provider show:--provider') _keys_ask providers; return ;;
      'provider add:--profile' | 'provider add:-p') _keys_ask profiles; return ;;
      'provider add:--provider') _keys_ask providers; return ;;
      'provider new:--profile' | 'provider new:-p') _keys_ask profiles; return ;;
      'provider new:--provider') _keys_ask providers; return ;;
      'provider test:--profile' | 'provider test:-p') _keys_ask profiles; return ;;
      'provider test:--provider') _keys_ask providers; return ;;
      'provider remove:--profile' | 'provider remove:-p') _keys_ask profiles; return ;;
      'provider remove:--provider') _keys_ask providers; return ;;
      'provider help:--profile' | 'provider help:-p') _keys_ask profiles; return ;;
      'provider help:--provider') _keys_ask providers; return ;;
      'serve:--config') _keys_files -f; return ;;
      'serve:--data-dir') _keys_files -d; return ;;
      'serve:--policy') _keys_offer < <(printf '%s\n' keys trust-swiftly swiftsell tylt jahuty); return ;;
      'serve:--log') _keys_offer < <(printf '%s\n' off errors all); return ;;
      'serve:--profile' | 'serve:-p') _keys_ask profiles; return ;;
      'serve:--provider') _keys_ask providers; return ;;
      'serve migrate:--data-dir') _keys_files -d; return ;;
      'serve migrate:--profile' | 'serve migrate:-p') _keys_ask profiles; return ;;
      'serve migrate:--provider') _keys_ask providers; return ;;
      'serve export:--data-dir') _keys_files -d; return ;;
      'serve export:--profile' | 'serve export:-p') _keys_ask profiles; return ;;
      'serve export:--provider') _keys_ask providers; return ;;
      'serve import:--data-dir') _keys_files -d; return ;;
      'serve import:--profile' | 'serve import:-p') _keys_ask profiles; return ;;
      'serve import:--provider') _keys_ask providers; return ;;
      'serve import-digests:--algorithm') _keys_offer < <(printf '%s\n' sha256 sha512 hmac-sha256 bcrypt); return ;;
      'serve import-digests:--data-dir') _keys_files -d; return ;;
      'serve import-digests:--profile' | 'serve import-digests:-p') _keys_ask profiles; return ;;
      'serve import-digests:--provider') _keys_ask providers; return ;;
      'serve backup:--data-dir') _keys_files -d; return ;;
      'serve backup:--profile' | 'serve backup:-p') _keys_ask profiles; return ;;
      'serve backup:--provider') _keys_ask providers; return ;;
      'serve restore:--data-dir') _keys_files -d; return ;;
      'serve restore:--profile' | 'serve restore:-p') _keys_ask profiles; return ;;
      'serve restore:--provider') _keys_ask providers; return ;;
      'serve rekey:--data-dir') _keys_files -d; return ;;
      'serve rekey:--profile' | 'serve rekey:-p') _keys_ask profiles; return ;;
      'serve rekey:--provider') _keys_ask providers; return ;;
      'serve recover:--data-dir') _keys_files -d; return ;;
      'serve recover:--profile' | 'serve recover:-p') _keys_ask profiles; return ;;
      'serve recover:--provider') _keys_ask providers; return ;;
      'console:--profile' | 'console:-p') _keys_ask profiles; return ;;
      'console:--provider') _keys_ask providers; return ;;
      'webhook:--profile' | 'webhook:-p') _keys_ask profiles; return ;;
      'webhook:--provider') _keys_ask providers; return ;;
      'webhook verify:--key') _keys_ask saved-keys; return ;;
      'webhook verify:--profile' | 'webhook verify:-p') _keys_ask profiles; return ;;
      'webhook verify:--provider') _keys_ask providers; return ;;
      'webhook sign:--key') _keys_ask saved-keys; return ;;
      'webhook sign:--profile' | 'webhook sign:-p') _keys_ask profiles; return ;;
      'webhook sign:--provider') _keys_ask providers; return ;;
      'webhook help:--profile' | 'webhook help:-p') _keys_ask profiles; return ;;
      'webhook help:--provider') _keys_ask providers; return ;;
      'completion:--profile' | 'completion:-p') _keys_ask profiles; return ;;
      'completion:--provider') _keys_ask providers; return ;;
      'help:--profile' | 'help:-p') _keys_ask profiles; return ;;
      'help:--provider') _keys_ask providers; return ;;
      ':--base-url' | ':--set' | 'create:--name' | 'create:--service' | 'create:--owner' | 'create:--expires' | 'create:--metadata' | 'create:--scope' | 'create:--allow-ip' | 'create:--allow-referrer' | 'create:--allow-endpoint' | 'create:--rate' | 'create:--quota' | 'create:--uses' | 'create:--rotate' | 'create:--grace' | 'create:--base-url' | 'create:--set' | 'list:--name' | 'list:--service' | 'list:--owner' | 'list:--metadata' | 'list:--unused' | 'list:--expiring' | 'list:--older-than' | 'list:--limit' | 'list:-L' | 'list:--base-url' | 'list:--set' | 'ls:--name' | 'ls:--service' | 'ls:--owner' | 'ls:--metadata' | 'ls:--unused' | 'ls:--expiring' | 'ls:--older-than' | 'ls:--limit' | 'ls:-L' | 'ls:--base-url' | 'ls:--set' | 'show:--base-url' | 'show:--set' | 'update:--name' | 'update:--service' | 'update:--owner' | 'update:--expires' | 'update:--scope' | 'update:--allow-ip' | 'update:--allow-referrer' | 'update:--allow-endpoint' | 'update:--rate' | 'update:--quota' | 'update:--uses' | 'update:--metadata' | 'update:--base-url' | 'update:--set' | 'roll:--grace' | 'roll:--until' | 'roll:--watch' | 'roll:--expires' | 'roll:--scope' | 'roll:--skip' | 'roll:--base-url' | 'roll:--set' | 'rotate:--grace' | 'rotate:--until' | 'rotate:--watch' | 'rotate:--expires' | 'rotate:--scope' | 'rotate:--skip' | 'rotate:--base-url' | 'rotate:--set' | 'pause:--base-url' | 'pause:--set' | 'unpause:--base-url' | 'unpause:--set' | 'revoke:--base-url' | 'revoke:--set' | 'delete:--base-url' | 'delete:--set' | 'remove:--base-url' | 'remove:--set' | 'rm:--base-url' | 'rm:--set' | 'verify:--scope' | 'verify:--ip' | 'verify:--referrer' | 'verify:--method' | 'verify:--path' | 'verify:--base-url' | 'verify:--set' | 'places:--base-url' | 'places:--set' | 'places list:--base-url' | 'places list:--set' | 'places add:--base-url' | 'places add:--set' | 'places remove:--base-url' | 'places remove:--set' | 'places test:--base-url' | 'places test:--set' | 'places kinds:--base-url' | 'places kinds:--set' | 'places kinds add:--base-url' | 'places kinds add:--set' | 'places kinds remove:--base-url' | 'places kinds remove:--set' | 'places help:--base-url' | 'places help:--set' | 'deliver:--base-url' | 'deliver:--set' | 'resume:--base-url' | 'resume:--set' | 'pending:--base-url' | 'pending:--set' | 'pending drop:--base-url' | 'pending drop:--set' | 'plan:--out' | 'plan:--only' | 'plan:--skip' | 'plan:--base-url' | 'plan:--set' | 'apply:--only' | 'apply:--report' | 'apply:--skip' | 'apply:--base-url' | 'apply:--set' | 'adopt:--account' | 'adopt:--base-url' | 'adopt:--set' | 'schedule:--base-url' | 'schedule:--set' | 'run:--ttl' | 'run:--scope' | 'run:--base-url' | 'run:--set' | 'env:--base-url' | 'env:--set' | 'import:--name' | 'import:--service' | 'import:--expires' | 'import:--id' | 'import:--dashboard-name' | 'import:--base-url' | 'import:--set' | 'audit:--max-age' | 'audit:--unused' | 'audit:--baseline' | 'audit:--base-url' | 'audit:--set' | 'guard:--base-url' | 'guard:--set' | 'events:--limit' | 'events:-L' | 'events:--base-url' | 'events:--set' | 'usage:--days' | 'usage:--base-url' | 'usage:--set' | 'doctor:--base-url' | 'doctor:--set' | 'login:--base-url' | 'login:--set' | 'logout:--base-url' | 'logout:--set' | 'status:--base-url' | 'status:--set' | 'whoami:--base-url' | 'whoami:--set' | 'profile:--base-url' | 'profile:--set' | 'profile list:--base-url' | 'profile list:--set' | 'profile use:--base-url' | 'profile use:--set' | 'profile add:--base-url' | 'profile add:--set' | 'profile remove:--base-url' | 'profile remove:--set' | 'profile help:--base-url' | 'profile help:--set' | 'config:--base-url' | 'config:--set' | 'config list:--base-url' | 'config list:--set' | 'config get:--base-url' | 'config get:--set' | 'config set:--base-url' | 'config set:--set' | 'config unset:--base-url' | 'config unset:--set' | 'config path:--base-url' | 'config path:--set' | 'config help:--base-url' | 'config help:--set' | 'ledger:--base-url' | 'ledger:--set' | 'ledger show:--base-url' | 'ledger show:--set' | 'ledger move:--base-url' | 'ledger move:--set' | 'ledger readdress:--base-url' | 'ledger readdress:--set' | 'ledger help:--base-url' | 'ledger help:--set' | 'api:--data' | 'api:--query' | 'api:--header' | 'api:--base-url' | 'api:--set' | 'provider:--base-url' | 'provider:--set' | 'provider list:--base-url' | 'provider list:--set' | 'provider show:--base-url' | 'provider show:--set' | 'provider add:--base-url' | 'provider add:--set' | 'provider new:--openapi' | 'provider new:--path' | 'provider new:--base-url' | 'provider new:--set' | 'provider test:--scope' | 'provider test:--base-url' | 'provider test:--set' | 'provider remove:--base-url' | 'provider remove:--set' | 'provider help:--base-url' | 'provider help:--set' | 'serve:--port' | 'serve:--host' | 'serve:--listen' | 'serve:--tls-cert' | 'serve:--tls-key' | 'serve:--database' | 'serve:--database-connections' | 'serve:--database-connect-timeout' | 'serve:--database-statement-timeout' | 'serve:--prefix' | 'serve:--hmac-key' | 'serve:--webhook-url' | 'serve:--trust-proxy' | 'serve:--gateway-environment' | 'serve:--retain-ended' | 'serve:--retain-events' | 'serve:--console-host' | 'serve:--metrics-port' | 'serve:--base-url' | 'serve:--set' | 'serve migrate:--database' | 'serve migrate:--base-url' | 'serve migrate:--set' | 'serve export:--database' | 'serve export:--base-url' | 'serve export:--set' | 'serve import:--database' | 'serve import:--base-url' | 'serve import:--set' | 'serve import-digests:--hmac-key' | 'serve import-digests:--database' | 'serve import-digests:--base-url' | 'serve import-digests:--set' | 'serve backup:--database' | 'serve backup:--base-url' | 'serve backup:--set' | 'serve restore:--database' | 'serve restore:--base-url' | 'serve restore:--set' | 'serve rekey:--old-key' | 'serve rekey:--new-key' | 'serve rekey:--database' | 'serve rekey:--base-url' | 'serve rekey:--set' | 'serve recover:--database' | 'serve recover:--base-url' | 'serve recover:--set' | 'console:--base-url' | 'console:--set' | 'webhook:--base-url' | 'webhook:--set' | 'webhook verify:--signature' | 'webhook verify:--base-url' | 'webhook verify:--set' | 'webhook sign:--base-url' | 'webhook sign:--set' | 'webhook help:--base-url' | 'webhook help:--set' | 'completion:--base-url' | 'completion:--set' | 'help:--base-url' | 'help:--set') return ;;
    esac
  fi
  case "$path:$count" in
    ':0') _keys_offer < <(printf '%s\n' create list show update roll pause unpause revoke verify places deliver resume pending plan apply adopt schedule run env import audit guard events usage doctor login logout status profile config ledger api provider serve console webhook completion help) ;;
    'show:0') _keys_ask keys ;;
    'update:0') _keys_ask keys ;;
    'roll:'*) _keys_ask keys ;;
    'rotate:'*) _keys_ask keys ;;
    'pause:0') _keys_ask keys ;;
    'unpause:0') _keys_ask keys ;;
    'revoke:'*) _keys_ask keys ;;
    'delete:'*) _keys_ask keys ;;
    'remove:'*) _keys_ask keys ;;
    'rm:'*) _keys_ask keys ;;
    'places:0') _keys_offer < <(printf '%s\n' list add remove test kinds help) ;;
    'places list:0') _keys_ask keys ;;
    'places add:0') _keys_ask keys ;;
    'places remove:0') _keys_ask keys ;;
    'places kinds:0') _keys_offer < <(printf '%s\n' add remove) ;;
    'places help:0') _keys_offer < <(printf '%s\n' list add remove test kinds) ;;
    'deliver:0') _keys_ask keys ;;
    'resume:'*) _keys_ask operations ;;
    'pending:0') _keys_offer < <(printf '%s\n' drop) ;;
    'schedule:0') _keys_offer < <(printf '%s\n' github gitlab cron systemd k8s) ;;
    'run:'*) if ((count == 0)); then _keys_files -c; else _keys_files -f; fi ;;
    'env:'*) _keys_ask saved-keys ;;
    'guard:0') _keys_offer < <(printf '%s\n' install) ;;
    'events:0') _keys_ask keys ;;
    'usage:0') _keys_ask keys ;;
    'profile:0') _keys_offer < <(printf '%s\n' list use add remove help) ;;
    'profile use:0') _keys_ask profiles ;;
    'profile remove:0') _keys_ask profiles ;;
    'profile help:0') _keys_offer < <(printf '%s\n' list use add remove) ;;
    'config:0') _keys_offer < <(printf '%s\n' list get set unset path help) ;;
    'config get:0') _keys_ask settings ;;
    'config set:0') _keys_ask settings ;;
    'config unset:0') _keys_ask settings ;;
    'config help:0') _keys_offer < <(printf '%s\n' list get set unset path) ;;
    'ledger:0') _keys_offer < <(printf '%s\n' show move readdress help) ;;
    'ledger help:0') _keys_offer < <(printf '%s\n' show move readdress) ;;
    'api:0') _keys_offer < <(printf '%s\n' GET POST PUT PATCH DELETE) ;;
    'provider:0') _keys_offer < <(printf '%s\n' list show add new test remove help) ;;
    'provider show:0') _keys_ask providers ;;
    'provider add:0') _keys_files -f ;;
    'provider test:0') _keys_ask providers ;;
    'provider remove:0') _keys_ask own-providers ;;
    'provider help:0') _keys_offer < <(printf '%s\n' list show add new test remove) ;;
    'serve:0') _keys_offer < <(printf '%s\n' migrate export import import-digests backup restore rekey recover) ;;
    'webhook:0') _keys_offer < <(printf '%s\n' verify sign help) ;;
    'webhook verify:0') _keys_files -f ;;
    'webhook sign:0') _keys_files -f ;;
    'webhook help:0') _keys_offer < <(printf '%s\n' verify sign) ;;
    'completion:0') _keys_offer < <(printf '%s\n' bash zsh fish powershell) ;;
    'help:0') _keys_offer < <(printf '%s\n' create list show update roll pause unpause revoke verify places deliver resume pending plan apply adopt schedule run env import audit guard events usage doctor login logout status profile config ledger api provider serve console webhook completion) ;;
  esac
}
complete -F _keys keys
