// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What only the real surroundings use: files, sockets, processes, threads and what waits for them, clocks, chance, the
 * process's own settings and streams, and doors to all of that.
 */
final class World {
    /** Whole types; file exceptions belong to the contract of {@code Devices}. */
    private static final Pattern TYPES = Pattern.compile("java\\.io\\.(File(?!NotFoundException)\\w*|RandomAccessFile"
            + "|PrintWriter|PrintStream|Console|ObjectInputStream)"
            + "|java\\.nio\\.MappedByteBuffer"
            + "|java\\.nio\\.file\\..*(?<!Exception)"
            + "|java\\.nio\\.channels\\..*"
            + "|java\\.(net|rmi|sql|awt|beans)\\..*"
            + "|(javax|jdk|sun|com\\.sun)\\..*"
            + "|java\\.lang\\.(Thread(?!Local)\\w*|Process\\w*|Runtime|ClassLoader|Module\\w*)(\\$.*)?"
            + "|java\\.lang\\.(foreign|management|ref|reflect)\\..*"
            + "|java\\.util\\.(Timer|TimerTask|Random|SplittableRandom|Date|Calendar|GregorianCalendar|Scanner|Formatter"
            + "|ServiceLoader|WeakHashMap)"
            + "|java\\.util\\.(random|logging|prefs)\\..*"
            + "|java\\.util\\.zip\\.ZipFile|java\\.util\\.jar\\..*"
            + "|java\\.security\\.(SecureRandom|KeyStore|KeyPairGenerator)"
            + "|java\\.time\\.(Clock|InstantSource)"
            + "|java\\.util\\.concurrent\\.locks\\..*"
            + "|java\\.util\\.concurrent\\.(\\w*Executor\\w*|\\w*Future\\w*|ForkJoin\\w*|CompletionStage|\\w*Blocking\\w*"
            + "|CountDownLatch|CountedCompleter|Recursive\\w*|CyclicBarrier|Phaser|Semaphore|Exchanger|SynchronousQueue"
            + "|DelayQueue|LinkedTransferQueue|TransferQueue|ThreadLocalRandom|ThreadFactory|Structured\\w*|Flow"
            + "|SubmissionPublisher)(\\$.*)?");

    /** Methods and fields of types that may be used otherwise, with their parameters where these decide. */
    private static final Pattern MEMBERS =
            Pattern.compile("java\\.lang\\.System\\.(?!arraycopy\\b|lineSeparator\\b)\\w+(\\(.*\\))?"
                    + "|java\\.lang\\.Object\\.(wait|notify|notifyAll)\\(.*\\)"
                    + "|java\\.lang\\.Class\\.(forName|getResource\\w*|getClassLoader|getModule|new\\w+)\\(.*\\)"
                    + "|java\\.lang\\.(Integer\\.getInteger|Long\\.getLong|Boolean\\.getBoolean)\\(.*\\)"
                    + "|java\\.lang\\.(Strict)?Math\\.random\\(\\)"
                    + "|java\\.util\\.UUID\\.randomUUID\\(\\)"
                    + "|java\\.util\\.concurrent\\.TimeUnit\\.(sleep|timedJoin|timedWait)\\(.*\\)"
                    + "|java\\.time\\..*\\.now\\(.*\\)"
                    + "|java\\.util\\.(Locale|TimeZone)\\.getDefault\\(.*\\)|java\\.time\\.ZoneId\\.systemDefault\\(\\)"
                    + "|java\\.nio\\.charset\\.Charset\\.defaultCharset\\(\\)"
                    + "|java\\.util\\.Collections\\.shuffle\\(.*\\)"
                    + "|java\\.util\\..*\\.parallel\\w*\\(.*\\)|java\\.util\\.stream\\.StreamSupport\\..*"
                    + "|java\\.util\\.concurrent\\.ConcurrentHashMap\\.(forEach|search|reduce)\\w*\\(long, .*\\)");

    private World() {}

    /** What a class does with the world, in words; nothing if it does nothing with it. */
    static Set<String> touchedBy(JavaClass type) {
        Set<String> touched = new TreeSet<>();
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
            if (TYPES.matcher(dependency.getTargetClass().getBaseComponentType().getName())
                    .matches()) {
                touched.add(dependency.getDescription());
            }
        }
        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
            if (names(access.getTarget()).anyMatch(name -> MEMBERS.matcher(name).matches())) {
                touched.add(access.getDescription());
            }
        }
        return touched;
    }

    /** As it was called, and as it is declared: our types inherit {@code wait()}. */
    private static Stream<String> names(AccessTarget target) {
        String parameters = target instanceof CodeUnitAccessTarget unit
                ? unit.getFullName().substring(unit.getFullName().indexOf('('))
                : "";
        String member = "." + target.getName() + parameters;
        Stream<String> declared =
                target.resolveMember().map(found -> found.getOwner().getName() + member).stream();
        return Stream.concat(Stream.of(target.getOwner().getName() + member), declared);
    }
}
