/**
 * Prepares the TensorFlow engine: node main/bootstrap/tensorflow.mjs [--force]
 *
 * The binding's C++ sources come from the npm package, whose JavaScript, dependencies and install
 * script are left alone; operations of our own (native/kernels.cc) are compiled with it; libtensorflow and its headers come from a wheel, unpacked into a folder of
 * our own: the official archives of the C library end at 2.18, and carry no hash that could be pinned.
 * Where there is an NVIDIA GPU, it is the wheel built for GPUs, with NVIDIA's libraries beside it. The
 * Python that fetches the wheels is not changed. All is pinned by hash. It is made in a folder beside
 * its place and renamed when a product has come out right.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './launch.mjs';
import {
  bindingRevision,
  nvidiaGpus,
  tensorflowFolder,
} from '../compute/engines/tensorflow/folder.mjs';
import { cudaLibraries } from './cuda-libraries.mjs';

const source = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  sha512:
    'p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
};
/**
 * The wheel of one Python serves: what is taken from it does not depend on Python. `cuda` are the
 * libraries of the extra `and-cuda` that TensorFlow opens, and those that they open in turn.
 */
const wheels = {
  cpu: {
    name: 'tensorflow_cpu',
    version: '2.21.0',
    python: '3.11',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    cuda: [],
    size: 'a download of 260 MB, 0.9 GB on disk',
  },
  gpu: {
    name: 'tensorflow',
    version: '2.21.0',
    python: '3.11',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    cuda: cudaLibraries,
    size: "a download of 3.4 GB, 6 GB on disk, most of it NVIDIA's libraries",
  },
};
const platforms = ['2_27', '2_25', '2_17', '2_12'].map((glibc) => `manylinux_${glibc}_x86_64`);
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
/** One product of two matrices, by the binding alone; prints TensorFlow's version and the device. */
const trial = `
const binding = require(process.argv[1]);
const make = (shape, values) => binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(values));
const [product] = binding.executeOp('MatMul', [], [make([2, 2], [1, 2, 3, 4]), make([2, 1], [5, 6])], 1);
const values = [...binding.tensorDataSync(product.id)];
if (values.join() !== '17,39') throw new Error('a product came out as ' + values);
console.log(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));`;

/**
 * Changes to the binding's sources. Numbers that are handed in are copied at once: as it stands the
 * binding lends TensorFlow the memory of the JavaScript array where that is aligned, so that later
 * writes show, and lets go of it on whatever thread TensorFlow does, which Node-API forbids. And an
 * attribute may be a list of strings.
 */
const patch = [
  {
    file: 'tfjs_backend.cc',
    from: `  TF_AutoTensor tensor(TF_NewTensor(dtype, shape, shape_length, array_data,
                                    byte_size, DeallocTensor, auto_ref));`,
    to: `  TF_AutoTensor tensor(
      TF_AllocateTensor(dtype, shape, shape_length, byte_size));
  if (byte_size > 0) memcpy(TF_TensorData(tensor.tensor), array_data, byte_size);`,
  },
  {
    file: 'tfjs_backend.cc',
    from: `  NapiAutoRef *auto_ref = new NapiAutoRef();
  nstatus = auto_ref->Init(env, array_value);
  if (nstatus != napi_ok) {
    delete auto_ref;
  }
  ENSURE_NAPI_OK_RETVAL(env, nstatus, nullptr);
`,
    to: '',
  },
  {
    file: 'tfjs_backend.cc',
    from: `    delete auto_ref;
    TFE_DeleteTensorHandle(tfe_tensor_handle);`,
    to: `    TFE_DeleteTensorHandle(tfe_tensor_handle);`,
  },
  {
    file: 'tfjs_backend.cc',
    from: `      // NOTE: String attribute values do not have to be utf8 encoded strings`,
    to: `      if (IsArray(env, nstatus, &js_value)) {
        uint32_t length;
        nstatus = napi_get_array_length(env, js_value, &length);
        ENSURE_NAPI_OK(env, nstatus);
        std::vector<std::string> texts(length);
        std::vector<const void *> starts(length);
        std::vector<size_t> sizes(length);
        for (uint32_t i = 0; i < length; ++i) {
          napi_value element;
          nstatus = napi_get_element(env, js_value, i, &element);
          ENSURE_NAPI_OK(env, nstatus);
          nstatus = GetStringParam(env, element, texts[i]);
          ENSURE_NAPI_OK(env, nstatus);
          starts[i] = texts[i].data();
          sizes[i] = texts[i].size();
        }
        TFE_OpSetAttrStringList(tfe_op, attr_name, starts.data(), sizes.data(), length);
        break;
      }
      // NOTE: String attribute values do not have to be utf8 encoded strings`,
  },
];

/** Runs a program; its last words are the error where it fails or is not there. */
function run(purpose, file, args, options = {}) {
  const settings = { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 900_000, ...options };
  const result = spawnSync(file, args, settings);
  if (result.error?.code === 'ENOENT')
    throw new Error(`${purpose} needs ${file}, which is not here. Install it and try again.`);
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const words = `${result.stderr}${result.stdout}`.trim().split('\n').slice(-6).join('\n');
    throw new Error(`${purpose} failed (${file}, exit code ${result.status}):\n${words}`);
  }
  return result.stdout;
}

async function hashOf(file, algorithm, encoding) {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest(encoding);
}

async function requireHash(what, file, algorithm, encoding, expected) {
  const found = await hashOf(file, algorithm, encoding);
  if (found !== expected)
    throw new Error(
      `${what} is not what was expected: its ${algorithm} is ${found}, not ${expected}. Nothing of it was used.`,
    );
}

/** Node-API's headers: beside the Node that runs, beside the one that came with the install, or the system's. */
function headersFolder() {
  const beside = (node) => resolve(dirname(node), '../include/node');
  const candidates = [beside(node24()), beside(process.execPath), '/usr/include/node'];
  const found = candidates.find((folder) => existsSync(join(folder, 'node_api.h')));
  if (found) return found;
  throw new Error(
    `The headers of Node (node_api.h) are missing; looked in ${candidates.join(', ')}. Install Node's development package.`,
  );
}

/** The binding's sources, in `folder`/package/binding. */
async function fetchSource(folder) {
  const words = ['pack', `${source.name}@${source.version}`, '--pack-destination', folder];
  run(
    'Fetching the binding',
    'npm',
    [...words, '--ignore-scripts', '--loglevel=error', '--fetch-retries=1'],
    {
      cwd: folder,
    },
  );
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  const archive = join(folder, name ?? '');
  await requireHash(source.name, archive, 'sha512', 'base64', source.sha512);
  run('Unpacking the binding', 'tar', ['xzf', archive, '-C', folder, 'package/binding']);
  rmSync(archive);
  for (const { file, from, to } of patch) {
    const path = join(folder, 'package/binding', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} of ${source.name} is not as expected.`);
    writeFileSync(path, text.replace(from, to));
  }
}

/** Fetches a wheel and unpacks those of its files whose names begin with one of `wanted` into `folder`. */
async function fetchWheel(folder, { name, version, python = '3', sha256 }, wanted) {
  const interpreter = process.env.ASSAY_PYTHON ?? 'python3';
  const target = [
    '--only-binary=:all:',
    ...['--implementation', 'cp', '--python-version', python],
    ...platforms.flatMap((platform) => ['--platform', platform]),
  ];
  const request = [`${name}==${version}`, '--no-deps', '-d', folder];
  run(
    `Fetching ${name}`,
    interpreter,
    ['-m', 'pip', 'download', '-q', '--retries=1', ...request, ...target],
    { env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
  );
  const archive = join(folder, readdirSync(folder).find((file) => file.endsWith('.whl')) ?? '');
  await requireHash(`The wheel ${name}`, archive, 'sha256', 'hex', sha256);
  const unpack = `
import sys, zipfile
wanted = tuple(sys.argv[3:])
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])`;
  run(`Unpacking ${name}`, interpreter, [
    ...['-c', unpack, archive, folder, ...wanted],
    `${name}-${version}.dist-info/`,
  ]);
  rmSync(archive);
}

/**
 * libtensorflow in `folder`/lib and its headers in `folder`/tensorflow/include; NVIDIA's libraries in
 * `folder`/nvidia, where libtensorflow looks for them by itself.
 */
async function fetchTensorflow(folder, wheel) {
  const files = libraries.map((file) => `tensorflow/${file}`);
  await fetchWheel(folder, wheel, ['tensorflow/include/', ...files]);
  for (const library of wheel.cuda) {
    await fetchWheel(folder, library, ['nvidia/']);
    for (const part of readdirSync(join(folder, 'nvidia')))
      rmSync(join(folder, 'nvidia', part, 'include'), { recursive: true, force: true });
  }
  const lib = join(folder, 'lib');
  mkdirSync(lib);
  for (const file of libraries) renameSync(join(folder, 'tensorflow', file), join(lib, file));
}

function compile(folder) {
  const lib = join(folder, 'lib');
  // The names that the linker looks for; the addon itself asks for the versioned ones.
  symlinkSync(libraries[0], join(lib, 'libtensorflow.so'));
  symlinkSync(libraries[1], join(lib, 'libtensorflow_framework.so'));
  const binding = join(folder, 'package/binding');
  const files = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(binding, file));
  const kernels = fileURLToPath(
    new URL('../compute/engines/tensorflow/native/kernels.cc', import.meta.url),
  );
  run('Compiling the binding', process.env.CXX ?? 'g++', [
    ...[
      '-std=c++17',
      '-O3',
      '-fno-math-errno',
      '-fopenmp-simd',
      '-fPIC',
      '-shared',
      '-DNAPI_VERSION=8',
      '-w',
    ],
    ...[`-I${headersFolder()}`, `-I${join(folder, 'tensorflow/include')}`, ...files, kernels],
    ...[`-L${lib}`, '-ltensorflow', '-ltensorflow_framework', '-pthread', '-Wl,-rpath,$ORIGIN/lib'],
    ...['-o', join(folder, 'tfjs_binding.node')],
  ]);
  for (const part of [
    'package',
    'tensorflow',
    'lib/libtensorflow.so',
    'lib/libtensorflow_framework.so',
  ])
    rmSync(join(folder, part), { recursive: true });
}

/** Runs one product on what lies in `folder`. */
function tryOut(folder) {
  const file = join(folder, 'tfjs_binding.node');
  const answer = run('Trying the binding', node24(), ['-e', trial, file], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  return JSON.parse(answer.trim().split('\n').at(-1));
}

async function make(folder, wheel, say) {
  const begun = performance.now();
  const step = async (words, work) => {
    const start = performance.now();
    await work();
    say(`${words} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  };
  await step(`Fetched ${source.name} ${source.version}`, () => fetchSource(folder));
  await step(`Fetched ${wheel.name} ${wheel.version}`, () => fetchTensorflow(folder, wheel));
  await step('Compiled the binding', () => compile(folder));
  const { version, gpu } = tryOut(folder);
  const hashed = [...libraries.map((file) => `lib/${file}`), 'tfjs_binding.node'];
  const hashes = {};
  for (const file of hashed) hashes[file] = await hashOf(join(folder, file), 'sha256', 'hex');
  const record = {
    tensorflow: version,
    binding: bindingRevision,
    source,
    wheel,
    gpu,
    sha256: hashes,
  };
  writeFileSync(join(folder, 'versions.json'), `${JSON.stringify(record, null, 1)}\n`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  say(`TensorFlow ${version} on the ${gpu ? 'GPU' : 'CPU'} is ready after ${seconds} s.`);
  if (wheel === wheels.gpu && !gpu)
    say(
      'It does not use the GPU of this machine. `assay doctor` says what TensorFlow said; a driver for CUDA 12.5 or later is needed.',
    );
}

/** Whether `folder` holds what this version of the script would make. */
function isCurrent(folder, wheel) {
  try {
    const record = JSON.parse(readFileSync(join(folder, 'versions.json'), 'utf8'));
    return record.binding === bindingRevision && record.wheel.sha256 === wheel.sha256;
  } catch {
    return false;
  }
}

/** Prepares the engine where it is not. Throws an error in words, and leaves nothing behind. */
export async function setUpTensorflow({ force = false, say = console.log } = {}) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `The TensorFlow engine can be prepared on Linux on x64 only, not on ${process.platform}-${process.arch}. The wasm engine works here.`,
    );
  const folder = tensorflowFolder();
  const gpus = process.env.ASSAY_TENSORFLOW_DEVICE === 'cpu' ? [] : nvidiaGpus();
  const wheel = gpus.length > 0 ? wheels.gpu : wheels.cpu;
  if (!force && isCurrent(folder, wheel)) {
    say(
      `TensorFlow is already prepared in ${folder}. To do it again: npm run setup:tensorflow -- --force`,
    );
    return;
  }
  mkdirSync(dirname(folder), { recursive: true });
  const parts = mkdtempSync(`${folder}.making-`);
  // An interrupted run must not leave a gigabyte behind.
  const stop = () => {
    rmSync(parts, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  try {
    const device = gpus.length > 0 ? `for ${gpus.join(', ')}` : 'for the CPU (no NVIDIA GPU found)';
    say(`Preparing TensorFlow ${device} in ${folder}: ${wheel.size}.`);
    await make(parts, wheel, say);
    rmSync(folder, { recursive: true, force: true });
    renameSync(parts, folder);
  } finally {
    rmSync(parts, { recursive: true, force: true });
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, stop);
  }
}
