"""The build graph as the checks need it: one `bazel query`, read into plain objects."""

import collections
import os
import shlex
import subprocess
import xml.etree.ElementTree as ElementTree

# name: "//pkg:target"; kind: "cc_library"; inputs: all labels it reads, of whatever attribute.
Rule = collections.namedtuple('Rule', 'name kind testonly deps hdrs srcs tags inputs')


def Parse(xml_text):
    """Returns {label: Rule} from the output of `bazel query --output=xml`."""
    rules = {}
    for element in ElementTree.fromstring(xml_text).iter('rule'):
        lists = {
            node.get('name'): [item.get('value') for item in node
                               if item.tag in ('label', 'string')] for node in element.iter('list')
        }
        booleans = {node.get('name'): node.get('value') for node in element.iter('boolean')}
        rules[element.get('name')] = Rule(
            name=element.get('name'),
            kind=element.get('class'),
            testonly=booleans.get('testonly') == 'true' or element.get('class').endswith('_test'),
            deps=lists.get('deps', []),
            hdrs=lists.get('hdrs', []) + lists.get('textual_hdrs', []),
            srcs=lists.get('srcs', []),
            tags=lists.get('tags', []),
            inputs=[node.get('name') for node in element.iter('rule-input')])
    return rules


def _Query(expression, output):
    """The output of `bazel query`. $BAZEL may hold a command with startup options."""
    command = shlex.split(os.environ.get('BAZEL', 'bazel'))
    command += ['query', '--output=' + output, '--noshow_progress', expression]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit('bazel query failed:\n' + done.stderr.decode())
    return done.stdout.decode()


def Load():
    """All rules of the workspace."""
    return Parse(_Query('kind(rule, //...)', 'xml'))


def Public():
    """The labels of the libraries that every package may use, by whatever declaration."""
    outsider = '//bazel/smoke:smoke_test'
    return set(_Query('visible(%s, kind(cc_library, //...))' % outsider, 'label').split())


def Reachable(rules, start):
    """Returns all labels that `start` depends on, itself included, externals as leaves."""
    seen = set()
    stack = [start]
    while stack:
        label = stack.pop()
        if label in seen:
            continue
        seen.add(label)
        if label in rules:
            stack.extend(rules[label].deps)
    return seen


def PathTo(rules, start, goal):
    """Returns one chain of labels from `start` to `goal`, for the message."""
    chains = collections.deque([[start]])
    seen = {start}
    while chains:
        chain = chains.popleft()
        if chain[-1] == goal:
            return chain
        for dep in rules[chain[-1]].deps if chain[-1] in rules else []:
            if dep not in seen:
                seen.add(dep)
                chains.append(chain + [dep])
    return []


def PathOf(label):
    """Returns the file path of a source label: //pkg/sub:dir/x.h -> pkg/sub/dir/x.h."""
    package, _, name = label[2:].partition(':')
    return '%s/%s' % (package, name) if package else name
