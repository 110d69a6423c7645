// The tracking server's page. Everything it shows comes from the API that MLflow's clients use; its whole state is in the
// URL behind "#", in the form that those clients print (#/experiments/1/runs/ID).
'use strict';
(() => {
  const api = '/ajax-api/2.0/mlflow/', $ = id => document.getElementById(id), k_page = 100, k_columns = 20;

  async function ask(path, body) {
    const answer = await fetch(api + path, body === undefined ? {} : {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    const value = await answer.json();
    if (!answer.ok) throw new Error(value.message || 'the server answered ' + answer.status);
    return value;
  }
  const query = values => '?' + new URLSearchParams(values);

  // Elements; texts only ever become text.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
      else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.filter(child => child !== undefined && child !== null));
    return element;
  }
  const link = (to, text, extra) => make('a', {href: to, ...extra}, text);
  const show = (...children) => $('content').replaceChildren(...children);

  function number(value) {
    if (typeof value !== 'number') return value === undefined ? '' : String(value);
    if (Math.abs(value) > 1e308) return value > 0 ? '∞' : '−∞';
    return Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : String(Number(value.toPrecision(5)));
  }
  function time(millis) {
    if (!millis) return '';
    const pad = n => String(n).padStart(2, '0'), t = new Date(Number(millis));
    return `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())} ${pad(t.getHours())}:${pad(t.getMinutes())}`;
  }
  function duration(info) {
    if (!info.end_time || !info.start_time) return '';
    const s = (info.end_time - info.start_time) / 1000;
    return s < 60 ? s.toFixed(1) + ' s' : s < 3600 ? Math.round(s / 60) + ' min' : (s / 3600).toFixed(1) + ' h';
  }
  const size = bytes => bytes < 1024 ? bytes + ' B' : bytes < 1048576 ? (bytes / 1024).toFixed(1) + ' KiB' : (bytes / 1048576).toFixed(1) + ' MiB';
  const quoted = name => /^[\w.\-/]+$/.test(name) ? name : '`' + name.replaceAll('`', '``') + '`';
  const pairs = list => Object.fromEntries((list || []).map(({key, value}) => [key, value]));

  // "#/experiments/1?filter=…" → {parts: ["experiments", "1"], state: URLSearchParams}
  function place() {
    const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
    return {parts: path.split('/').filter(Boolean).map(decodeURIComponent), state: new URLSearchParams(search || '')};
  }
  function go(parts, values) {
    const state = new URLSearchParams();
    for (const [name, value] of Object.entries(values || {})) if (value) state.set(name, value);
    const text = state.toString();
    location.hash = '#/' + parts.map(encodeURIComponent).join('/') + (text ? '?' + text : '');
  }

  const changed = (state, values) => ({...Object.fromEntries(state), ...values});

  let experiments = [];
  async function side(current) {
    experiments = (await ask('experiments/search', {max_results: 1000, order_by: ['last_update_time DESC']})).experiments || [];
    $('side').replaceChildren(make('h2', {}, 'Experiments'), make('ul', {},
      make('li', {}, link('#/runs', 'All', {'aria-current': current === 'all' ? 'page' : null})),
      ...experiments.map(e => make('li', {}, link('#/experiments/' + e.experiment_id, e.name, {'aria-current': current === e.experiment_id ? 'page' : null})))));
  }

  function columns(runs) {
    const found = {metrics: new Set(), params: new Set()};
    for (const run of runs) for (const group of ['metrics', 'params']) for (const {key} of run.data[group] || []) found[group].add(key);
    return ['metrics', 'params'].flatMap(group => [...found[group]].sort().map(key => ({group, key, name: group + '.' + key})));
  }
  // Those in the URL, else the first of each group.
  function chosen(all, state) {
    const names = state.get('columns') ? new Set(state.get('columns').split(',')) : null;
    return all.filter(({group, name}) => names ? names.has(name) : all.filter(other => other.group === group).findIndex(other => other.name === name) < k_columns);
  }
  function chooser(all, state, parts) {
    const shown = chosen(all, state), names = new Set(shown.map(column => column.name)), list = make('div', {class: 'choices'});
    const fill = text => list.replaceChildren(...all.filter(({name}) => name.toLowerCase().includes(text.toLowerCase())).slice(0, 300).map(({name}) => make('label', {},
      make('input', {type: 'checkbox', checked: names.has(name), on: {change: event => {
        event.target.checked ? names.add(name) : names.delete(name);
        go(parts, changed(state, {columns: [...names].join(',')}));
      }}}), name)));
    fill('');
    return make('details', {class: 'chooser'}, make('summary', {}, `${shown.length} of ${all.length} columns`),
      make('input', {type: 'search', 'aria-label': 'Find a column', placeholder: 'find a column', on: {input: event => fill(event.target.value)}}), list);
  }

  function header(text, key, state, parts, numeric) {
    const now = state.get('order') || 'start_time DESC', ours = now.startsWith(key + ' ');
    const next = ours && now.endsWith('DESC') ? key + ' ASC' : key + ' DESC';
    return make('th', {scope: 'col', class: numeric ? 'n' : null, 'data-key': key, 'aria-sort': ours ? (now.endsWith('DESC') ? 'descending' : 'ascending') : 'none'},
      make('button', {type: 'button', on: {click: () => go(parts, changed(state, {order: next}))}}, text));
  }

  function runsTable(runs, state, parts) {
    const all = columns(runs), shown = chosen(all, state);
    const values = runs.map(run => ({metrics: pairs(run.data.metrics), params: pairs(run.data.params)}));
    const head = make('tr', {}, header('run', 'run_name', state, parts), header('status', 'status', state, parts), header('started', 'start_time', state, parts), make('th', {scope: 'col', class: 'n'}, 'time'),
      ...shown.map(({group, key}) => header(key, group + '.' + quoted(key), state, parts, true)));
    const rows = runs.map((run, i) => make('tr', {},
      make('td', {}, link(`#/experiments/${run.info.experiment_id}/runs/${run.info.run_id}`, run.info.run_name || run.info.run_id.slice(0, 12))),
      make('td', {class: 'state-' + run.info.status}, run.info.status.toLowerCase()), make('td', {}, time(run.info.start_time)), make('td', {class: 'n'}, duration(run.info)),
      ...shown.map(({group, key}) => make('td', {class: 'n', title: String(values[i][group][key] ?? '')}, number(values[i][group][key])))));
    return make('div', {}, all.length ? chooser(all, state, parts) : null, make('div', {class: 'wide'}, make('table', {class: 'columns'}, make('thead', {}, head), make('tbody', {}, ...rows))));
  }

  function finder(state, parts) {
    const input = make('input', {type: 'search', id: 'filter', 'aria-label': 'Filter', placeholder: 'metrics.auc > 0.9 and params.lr = "0.1"', value: state.get('filter') || '', spellcheck: 'false'});
    const form = make('form', {class: 'finder', on: {submit: event => { event.preventDefault(); go(parts, changed(state, {filter: input.value.trim()})); }}}, input, make('button', {type: 'submit'}, 'Find'));
    return form;
  }

  async function runsPage(parts, state, experiment) {
    await side(experiment ? experiment : 'all');
    const ids = experiment ? [experiment] : experiments.map(e => e.experiment_id);
    const name = experiment ? (experiments.find(e => e.experiment_id === experiment) || {name: 'experiment ' + experiment}).name : 'All experiments';
    const count = make('p', {class: 'muted'}), table = make('div', {}), more = make('button', {type: 'button', hidden: true}, 'More');
    show(make('h1', {}, name), count, finder(state, parts), table, more);
    let runs = [], token = '';
    const load = async () => {
      const body = {experiment_ids: ids, max_results: k_page, filter: state.get('filter') || '', order_by: [state.get('order') || 'start_time DESC']};
      if (token) body.page_token = token;
      const page = ids.length ? await ask('runs/search', body) : {};
      runs = runs.concat(page.runs || []);
      token = page.next_page_token || '';
      more.hidden = !token;
      const failed = runs.filter(run => run.info.status === 'FAILED').length, going = runs.filter(run => run.info.status === 'RUNNING').length;
      count.textContent = `${runs.length}${token ? ' and more' : ''} run${runs.length === 1 ? '' : 's'}` + (going ? `, ${going} in progress` : '') + (failed ? `, ${failed} failed` : '');
      if (runs.length) table.replaceChildren(runsTable(runs, state, parts));
      else table.replaceChildren(make('p', {}, state.get('filter') ? 'No run is like that.' : 'No runs yet. This makes one:'),
        state.get('filter') ? null : make('div', {class: 'next'}, make('code', {class: 'command'}, `MLFLOW_TRACKING_URI=${location.origin} python train.py`)));
    };
    more.addEventListener('click', () => load().catch(trouble));
    try { await load(); } catch (error) { table.replaceChildren(make('p', {class: 'trouble', role: 'alert'}, error.message)); }
  }

  function facts(list) {
    return make('dl', {class: 'facts'}, ...list.filter(([, value]) => value).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
  }
  function valueTable(title, list, numeric) {
    if (!list || !list.length) return null;
    const rows = [...list].sort((a, b) => a.key < b.key ? -1 : 1).map(({key, value, step}) => make('tr', {}, make('td', {class: 'name'}, key), make('td', {class: numeric ? 'n' : null}, numeric ? number(value) : value), numeric ? make('td', {class: 'n muted'}, 'step ' + step) : null));
    return make('section', {}, make('h2', {}, title), make('table', {}, make('tbody', {}, ...rows)));
  }
  function chart(key, points) {
    const numbers = points.filter(p => typeof p.value === 'number');
    const low = Math.min(...numbers.map(p => p.value)), high = Math.max(...numbers.map(p => p.value)), first = numbers[0].step, last = numbers[numbers.length - 1].step;
    const x = p => last === first ? 0 : (p.step - first) / (last - first) * 300, y = p => high === low ? 50 : 98 - (p.value - low) / (high - low) * 96;
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 300 100'); svg.setAttribute('preserveAspectRatio', 'none'); svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', `${key} from ${number(numbers[0].value)} to ${number(numbers[numbers.length - 1].value)}`);
    const add = (tag, attributes) => { const e = document.createElementNS('http://www.w3.org/2000/svg', tag); for (const [n, v] of Object.entries(attributes)) e.setAttribute(n, v); svg.append(e); };
    add('line', {class: 'axis', x1: 0, y1: 99, x2: 300, y2: 99});
    add('polyline', {class: 'line', points: numbers.map(p => x(p).toFixed(1) + ',' + y(p).toFixed(1)).join(' ')});
    return make('figure', {}, make('figcaption', {}, `${key}: ${number(low)} to ${number(high)}`), svg, make('div', {class: 'ends'}, make('span', {}, 'step ' + first), make('span', {}, String(last))));
  }
  async function charts(run) {
    const out = make('div', {class: 'charts'});
    for (const {key} of (run.data.metrics || []).slice(0, 24)) {
      const points = (await ask('metrics/get-history-bulk-interval' + query({run_ids: run.info.run_id, metric_key: key, max_results: 320}))).metrics || [];
      if (points.filter(p => typeof p.value === 'number').length > 1) out.append(chart(key, points));
    }
    return out.childNodes.length ? make('section', {}, make('h2', {}, 'Over the steps'), out) : null;
  }

  async function artifactRows(run, path) {
    const list = (await ask('artifacts/list' + query(path ? {run_id: run.info.run_id, path} : {run_id: run.info.run_id}))).files || [];
    const root = run.info.artifact_uri.replace(/^mlflow-artifacts:\/+/, '');
    return list.map(file => file.is_dir
      ? make('tr', {}, make('td', {}, make('button', {type: 'button', on: {click: async event => {
          const row = event.target.closest('tr'), opened = row.dataset.open;
          if (opened) return;
          row.dataset.open = '1';
          row.after(...await artifactRows(run, file.path));
        }}}, file.path + '/')), make('td', {}))
      : make('tr', {}, make('td', {}, link('/api/2.0/mlflow-artifacts/artifacts/' + (root + '/' + file.path).split('/').map(encodeURIComponent).join('/'), file.path, {download: ''})), make('td', {class: 'n'}, size(file.file_size))));
  }

  async function runPage(id) {
    const {run} = await ask('runs/get' + query({run_id: id}));
    await side(run.info.experiment_id);
    const rows = await artifactRows(run, '').catch(() => []);
    const tags = (run.data.tags || []).filter(tag => tag.key !== 'mlflow.log-model.history');
    show(make('p', {class: 'eyebrow'}, link('#/experiments/' + run.info.experiment_id, (experiments.find(e => e.experiment_id === run.info.experiment_id) || {name: 'Experiment'}).name)),
      make('h1', {}, run.info.run_name || run.info.run_id), make('p', {class: 'state-' + run.info.status}, run.info.status.toLowerCase() + (run.info.lifecycle_stage === 'deleted' ? ', deleted' : '')),
      make('div', {class: 'next'}, make('code', {class: 'command'}, 'mlops train show ' + run.info.run_id.slice(0, 12))),
      facts([['started', time(run.info.start_time)], ['time', duration(run.info)], ['by', run.info.user_id], ['id', run.info.run_id.slice(0, 12)]]),
      valueTable('Metrics', run.data.metrics, true), await charts(run), valueTable('Parameters', run.data.params), valueTable('Tags', tags),
      rows.length ? make('section', {}, make('h2', {}, 'Artifacts'), make('table', {}, make('tbody', {}, ...rows))) : null);
  }

  async function modelsPage(state) {
    await side('');
    const found = (await ask('registered-models/search' + query({max_results: 1000, filter: state.get('filter') || ''}))).registered_models || [];
    const row = model => make('tr', {}, make('td', {}, link('#/models/' + encodeURIComponent(model.name), model.name)),
      make('td', {class: 'n'}, String(Math.max(0, ...(model.latest_versions || []).map(v => Number(v.version)))) || ''),
      make('td', {}, (model.aliases || []).map(a => `@${a.alias} = ${a.version}`).join(', ')), make('td', {}, time(model.last_updated_timestamp)), make('td', {}, model.description || ''));
    show(make('h1', {}, 'Models'), make('p', {class: 'muted'}, `${found.length} registered model${found.length === 1 ? '' : 's'}`), finder(state, ['models']),
      found.length ? make('div', {class: 'wide'}, make('table', {class: 'columns'}, make('thead', {}, make('tr', {}, ...['model', 'newest', 'aliases', 'changed', 'description'].map((text, i) => make('th', {scope: 'col', class: i === 1 ? 'n' : null}, text)))), make('tbody', {}, ...found.map(row))))
        : make('div', {class: 'next'}, make('span', {}, 'No models yet. This makes a version out of a run:'), make('code', {class: 'command'}, 'mlops register add RUN NAME')));
  }

  async function modelPage(name) {
    await side('');
    const {registered_model: model} = await ask('registered-models/get' + query({name}));
    const versions = (await ask('model-versions/search' + query({filter: `name = '${name.replaceAll("'", "''")}'`, order_by: 'version_number DESC', max_results: 1000}))).model_versions || [];
    const alias = version => (model.aliases || []).filter(a => a.version === version).map(a => '@' + a.alias).join(', ');
    show(make('p', {class: 'eyebrow'}, link('#/models', 'Models')), make('h1', {}, name), make('p', {}, model.description || ''),
      make('div', {class: 'next'}, make('code', {class: 'command'}, 'mlops register show ' + name)),
      make('div', {class: 'wide'}, make('table', {class: 'columns'}, make('thead', {}, make('tr', {}, ...['version', 'aliases', 'stage', 'made', 'run', 'description'].map(text => make('th', {scope: 'col'}, text)))),
        make('tbody', {}, ...versions.map(v => make('tr', {}, make('td', {}, v.version), make('td', {}, alias(v.version)), make('td', {}, v.current_stage === 'None' ? '' : v.current_stage), make('td', {}, time(v.creation_timestamp)),
          make('td', {}, v.run_id ? link('#/runs/' + v.run_id, v.run_id.slice(0, 12)) : ''), make('td', {}, v.description || '')))))));
  }

  function trouble(error) { show(make('h1', {}, 'That did not work'), make('p', {class: 'trouble', role: 'alert'}, error.message), make('p', {}, link('#/runs', 'All runs'))); }

  async function route() {
    const {parts, state} = place();
    const models = parts[0] === 'models';
    for (const [id, current] of [['to-runs', !models], ['to-models', models]])
      current ? $(id).setAttribute('aria-current', 'page') : $(id).removeAttribute('aria-current');
    $('status').textContent = 'Loading …';
    try {
      if (models && parts[1]) await modelPage(parts[1]);
      else if (models) await modelsPage(state);
      else if (parts[0] === 'experiments' && parts[2] === 'runs' && parts[3]) await runPage(parts[3]);
      else if (parts[0] === 'experiments' && parts[1]) await runsPage(['experiments', parts[1]], state, parts[1]);
      else if (parts[0] === 'runs' && parts[1]) await runPage(parts[1]);
      else await runsPage(['runs'], state, '');
    } catch (error) { trouble(error); }
    $('status').textContent = '';
    document.body.dataset.ready = location.hash || '#';
  }

  $('theme').addEventListener('click', () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  });
  addEventListener('hashchange', route);
  route();
})();
