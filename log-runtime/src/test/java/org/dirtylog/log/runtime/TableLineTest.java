// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.runtime.TableLine.Leg;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableLineTest {
    private static final Map<String, List<String>> TYPES = Map.of(
            "core", List.of(),
            "disk", List.of("log_dev"),
            "userspace", List.of("uuid", "type", "argument…"));

    private static TableLine parse(String line) throws TableException {
        return TableLine.parse(line, type -> Optional.ofNullable(TYPES.get(type)));
    }

    private static void refused(String line, String message) {
        TableException e = assertThrows(TableException.class, () -> parse(line), line);
        assertEquals(message, e.getMessage(), line);
    }

    // ---- what is read -----------------------------------------------------------------------------------------------

    @Test
    void aDiskLineSaysWhatDmsetupUnderstands() throws TableException {
        TableLine line = parse("0 10240 mirror disk 2 /dev/log 1024 2 /dev/a 0 /dev/b 8");
        assertEquals(0, line.startSector());
        assertEquals(10240, line.targetSectors());
        assertEquals("disk", line.logType());
        assertEquals(List.of("/dev/log"), line.logArguments());
        assertEquals(1024, line.regionSectors());
        assertEquals(10, line.geometry().regionCount());
        assertEquals(InitialSync.AS_RECORDED, line.initialSync());
        assertEquals(List.of(new Leg("/dev/a", 0), new Leg("/dev/b", 8)), line.legs());
        assertFalse(line.handleErrors());
        assertFalse(line.keepLog());
    }

    @ParameterizedTest
    @CsvSource({"sync,FORCE_RESYNC", "nosync,ASSUME_IN_SYNC"})
    void theSyncWordFollowsTheRegionSize(String word, InitialSync meaning) throws TableException {
        assertEquals(
                meaning, parse("0 1600 mirror core 2 16 " + word + " 2 a 0 b 0").initialSync());
        assertEquals(
                meaning,
                parse("0 1600 mirror disk 3 l 16 " + word + " 2 a 0 b 0").initialSync());
    }

    @Test
    void featuresMayBeAbsentZeroOrRepeated() throws TableException {
        assertFalse(parse("0 1600 mirror core 1 16 2 a 0 b 0 0").handleErrors());
        assertTrue(parse("0 1600 mirror core 1 16 2 a 0 b 0 2 handle_errors handle_errors")
                .handleErrors());
        assertTrue(parse("0 1600 mirror core 1 16 2 a 0 b 0 2 keep_log handle_errors")
                .keepLog());
    }

    @Test
    void wordsAreSeparatedByAnyBlanks() throws TableException {
        assertEquals(
                parse("0 1600 mirror core 1 16 2 a 0 b 0"), parse(" 0\t1600 mirror\n core  1 16\r\n2 a\u000b0 b\f0 "));
    }

    @Test
    void leadingZeroesAreDigitsLikeOthers() throws TableException {
        assertEquals(
                "0 1600 mirror core 1 16 2 a 7 b 0",
                parse("00 01600 mirror core 01 0000000000000000000000016 02 a 007 b 0")
                        .toString());
    }

    @Test
    void namesAreDecodedAndEncoded() throws TableException {
        TableLine line = parse("0 1600 mirror disk 2 /my%20log%25 16 2 /a%c3%A4 0 /ü 0");
        assertEquals(List.of("/my log%"), line.logArguments());
        assertEquals(List.of(new Leg("/aä", 0), new Leg("/ü", 0)), line.legs());
        assertEquals("0 1600 mirror disk 2 /my%20log%25 16 2 /aä 0 /ü 0", line.toString());
    }

    @Test
    void aLastParameterWithAnEllipsisTakesAnyNumberOfWords() throws TableException {
        assertEquals(
                List.of("u", "core"),
                parse("0 1600 mirror userspace 3 u core 16 2 a 0 b 0").logArguments());
        TableLine more = parse("0 1600 mirror userspace 5 u disk 253:3 16 nosync 2 a 0 b 0");
        assertEquals(List.of("u", "disk", "253:3"), more.logArguments());
        assertEquals(InitialSync.ASSUME_IN_SYNC, more.initialSync());
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 64, 1L << 31})
    void regionSizesReachFromTwoSectorsToOneTebibyte(long size) throws TableException {
        assertEquals(
                size,
                parse("0 " + (1L << 32) + " mirror core 1 " + size + " 2 a 0 b 0")
                        .regionSectors());
    }

    @Test
    void theLastRegionMayBeShortAndTheOnlyOne() throws TableException {
        assertEquals(1, parse("0 16 mirror core 1 16 2 a 0 b 0").geometry().regionCount());
        assertEquals(2, parse("0 17 mirror core 1 16 2 a 0 b 0").geometry().regionCount());
    }

    // ---- target -----------------------------------------------------------------------------------------------------

    @Test
    void theStartIsZero() {
        refused(
                "8 1600 mirror core 1 16 2 a 0 b 0",
                "word 1 is '8', but the start sector is a decimal number from 0 to 0");
        refused("", "word 1 is missing: expected the start sector");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "+16",
                "0x400",
                "1600s",
                "١٦٠٠",
                "18014398509481984",
                "99999999999999999999999999999999999"
            })
    void theLengthIsADecimalNumberOfSectorsThatFitsInBytes(String length) {
        refused(
                "0 " + length + " mirror core 1 16 2 a 0 b 0",
                "word 2 is '" + length
                        + "', but the length of the target in sectors is a decimal number from 1 to 18014398509481983");
    }

    @Test
    void theTargetIsMirror() {
        refused("0 1600 linear core 1 16 2 a 0 b 0", "word 3 is 'linear', but the target is 'mirror'");
        refused("0 1600", "word 3 is missing: expected the target, 'mirror'");
    }

    // ---- log: mirror-target.md checks 1 to 4, dirty-log.md D1, C1 to C5 ---------------------------------------------

    @Test
    void aLineHasALogTypeAndACount() {
        refused("0 1600 mirror", "word 4 is missing: expected the type of the log");
        refused("0 1600 mirror core", "word 5 is missing: expected the number of arguments of the log");
        refused(
                "0 1600 mirror core one 16 2 a 0 b 0",
                "word 5 is 'one', but the number of arguments of the log is a decimal number from 0 to 2147483647");
    }

    @Test
    void theCountOfLogArgumentsIsNotMoreThanWhatFollows() {
        refused(
                "0 1600 mirror core 7 16 2 a 0 b 0",
                "word 5 says that log type core has 7 arguments, but 6 words follow");
        refused(
                "0 1600 mirror nonsense 7 16",
                "word 5 says that log type nonsense has 7 arguments, but 1 words follow");
    }

    @Test
    void theLogTypeIsThere() {
        refused(
                "0 1600 mirror Core 1 16 2 a 0 b 0",
                "word 4 is 'Core', but there is no log type of that name; log:types lists those there are");
    }

    @Test
    void theCountFitsTheLogType() {
        String core = "', but log type core takes 1 or 2 arguments: region_size [sync|nosync]";
        refused("0 1600 mirror core 0 2 a 0 b 0", "word 5 is '0" + core);
        refused("0 1600 mirror core 3 1024 nosync x 2 a 0 b 0", "word 5 is '3" + core);
        String disk = "', but log type disk takes 2 or 3 arguments: log_dev region_size [sync|nosync]";
        refused("0 1600 mirror disk 1 16 2 a 0 b 0", "word 5 is '1" + disk);
        refused("0 1600 mirror disk 4 l 16 nosync block_on_error 2 a 0 b 0", "word 5 is '4" + disk);
        refused(
                "0 1600 mirror userspace 2 u 16 2 a 0 b 0",
                "word 5 is '2', but log type userspace takes 3 or more arguments: uuid type argument… region_size"
                        + " [sync|nosync]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sync", "NOSYNC", "sometimes", "16"})
    void theSyncWordIsInLowerCase(String word) {
        refused(
                "0 1600 mirror disk 3 l 16 " + word + " 2 a 0 b 0",
                "word 8 is '" + word + "', but after the region size may come 'sync' or 'nosync' only");
    }

    @Test
    void theSyncWordIsLookedAtBeforeTheRegionSize() {
        refused(
                "0 1600 mirror core 2 3 maybe 2 a 0 b 0",
                "word 7 is 'maybe', but after the region size may come 'sync' or 'nosync' only");
        refused(
                "0 1600 mirror core 2 nosync nosync 2 a 0 b 0",
                "word 6 is 'nosync', but the region size is a power of two from 2 to 1600 sectors, in decimal digits");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "1",
                "3",
                "15",
                "1600",
                "2048",
                "4294967296",
                "2147483649",
                "0x400",
                "1024k",
                "+16",
                "-16",
                "١٦",
                "16.0",
                "18446744073709551632"
            })
    void theRegionSizeIsAPowerOfTwoThatFitsTheTarget(String size) {
        refused(
                "0 1600 mirror core 1 " + size + " 2 a 0 b 0",
                "word 6 is '" + size
                        + "', but the region size is a power of two from 2 to 1600 sectors, in decimal digits");
    }

    @Test
    void theRegionSizeIsAtMostOneTebibyte() {
        refused(
                "0 8589934592 mirror core 1 4294967296 2 a 0 b 0",
                "word 6 is '4294967296', but the region size is a power of two from 2 to 2147483648 sectors, in decimal"
                        + " digits");
    }

    @Test
    void aTargetOfOneSectorHasNoRegionSize() {
        refused(
                "0 1 mirror core 1 2 2 a 0 b 0",
                "word 6 is '2', but the region size is a power of two from 2 to 1 sectors, in decimal digits");
    }

    @Test
    void regionsAreCountedInThirtyTwoBitsExceptInMemory() throws TableException {
        long most = ((1L << 32) - 1) * 2;
        assertEquals(
                (1L << 32) - 1,
                parse("0 " + most + " mirror disk 2 l 2 2 a 0 b 0").geometry().regionCount());
        refused(
                "0 " + (most + 1) + " mirror disk 2 l 2 2 a 0 b 0",
                "word 7 is '2', which makes 4294967296 regions, but log type disk has at most 4294967295; choose larger"
                        + " regions");
        parse("0 " + (1L << 41) + " mirror core 1 2 2 a 0 b 0");
        refused(
                "0 " + ((1L << 41) + 1) + " mirror core 1 2 2 a 0 b 0",
                "word 6 is '2', which makes 1099511627777 regions, but log type core has at most 1099511627776; choose"
                        + " larger regions");
    }

    // ---- legs: checks 5 to 9 ----------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "10", "-2", "two", "2.0"})
    void thereAreTwoToNineLegs(String count) {
        refused(
                "0 1600 mirror core 1 16 " + count + " a 0 b 0",
                "word 7 is '" + count + "', but the number of legs is a decimal number from 2 to 9");
    }

    @Test
    void theLineDoesNotEndBeforeTheLegs() {
        refused("0 1600 mirror core 1 16", "word 7 is missing: expected the number of legs");
        refused(
                "0 1600 mirror core 1 16 2 a 0 b",
                "word 7 is '2', but after it come 3 words; each leg is a device and an offset");
    }

    @Test
    void nineLegsAreReadInTheirOrder() throws TableException {
        StringBuilder line = new StringBuilder("0 1600 mirror core 1 16 9");
        for (int i = 0; i < 9; i++) {
            line.append(" leg").append(i).append(' ').append(i);
        }
        assertEquals(new Leg("leg8", 8), parse(line.toString()).legs().get(8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "+0", "x", "0x0", "18014398509480384", "18446744073709551616"})
    void anOffsetLeavesRoomForTheTarget(String offset) {
        refused(
                "0 1600 mirror core 1 16 2 a 0 b " + offset,
                "word 11 is '" + offset + "', but the offset of leg 1 in sectors is a decimal number from 0 to"
                        + " 18014398509480383");
    }

    @Test
    void theOffsetIsLookedAtBeforeTheDevice() {
        refused(
                "0 1600 mirror core 1 16 2 %zz -1 b 0",
                "word 9 is '-1', but the offset of leg 0 in sectors is a decimal number from 0 to 18014398509480383");
    }

    @Test
    void aNumberIsShownAsItStandsThere() {
        refused(
                "0 1600 mirror core 1 16 02 a 0 b",
                "word 7 is '02', but after it come 3 words; each leg is a device and an offset");
        refused(
                "0 1600 mirror core 03 16 sync x 2 a 0 b 0",
                "word 5 is '03', but log type core takes 1 or 2 arguments: region_size [sync|nosync]");
    }

    @Test
    void oneDeviceIsNotTwoLegs() {
        refused(
                "0 1600 mirror core 1 16 3 a 0 b 0 a 4096",
                "word 12 is 'a', but that is another leg already; two copies on one device are one copy");
        refused(
                "0 1600 mirror core 1 16 2 a%20b 0 %61%20b 8",
                "word 10 is 'a b', but that is another leg already; two copies on one device are one copy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%2", "a%zz", "%00", "%ff", "%+1"})
    void aPercentSignEncodesSomething(String name) {
        TableException e =
                assertThrows(TableException.class, () -> parse("0 1600 mirror core 1 16 2 " + name + " 0 b 0"));
        assertTrue(e.getMessage().startsWith("word 8 is '" + name + "', but "), e.getMessage());
        TableException ofLog =
                assertThrows(TableException.class, () -> parse("0 1600 mirror disk 2 " + name + " 16 2 a 0 b 0"));
        assertTrue(ofLog.getMessage().startsWith("word 6 is '" + name + "', but "), ofLog.getMessage());
    }

    @Test
    void aNameHasNoCharacterThatNoPathHas() {
        refused(
                "0 1600 mirror core 1 16 2 a\0b 0 b 0",
                "word 8 is 'a?b', but the device of leg 0 has a character that no name may have: NUL, or half of a pair");
        refused(
                "0 1600 mirror disk 2 \ud800 16 2 a 0 b 0",
                "word 6 is '\ud800', but log_dev has a character that no name may have: NUL, or half of a pair");
    }

    // ---- features: checks 12 to 16 ----------------------------------------------------------------------------------

    @Test
    void theCountOfFeaturesIsANumberAndNotMoreThanWhatFollows() {
        refused(
                "0 1600 mirror core 1 16 2 a 0 b 0 x",
                "word 12 is 'x', but the number of features is a decimal number from 0 to 2147483647");
        refused(
                "0 1600 mirror core 1 16 2 a 0 b 0 2 handle_errors",
                "word 12 says that 2 features follow, but 1 words do");
    }

    @Test
    void thereAreTwoFeaturesInLowerCase() {
        refused(
                "0 1600 mirror core 1 16 2 a 0 b 0 1 Handle_errors",
                "word 13 is 'Handle_errors', but there are the features handle_errors and keep_log only");
    }

    @Test
    void keepLogNeedsHandleErrors() {
        refused(
                "0 1600 mirror core 1 16 2 a 0 b 0 2 keep_log keep_log",
                "word 14 is 'keep_log', but it needs handle_errors too: 2 handle_errors keep_log");
    }

    @Test
    void nothingIsLeftOver() {
        refused("0 1600 mirror core 1 16 2 a 0 b 0 0 x", "word 13 is 'x', but the line ends before it");
        refused(
                "0 1600 mirror core 1 16 2 a 0 b 0 1 handle_errors keep_log",
                "word 14 is 'keep_log', but the line ends before it");
    }

    @Test
    void aWrongWordIsShownInPartAndWithoutControlCharacters() {
        String message = assertThrows(
                        TableException.class, () -> parse("0 1600 mirror \u001b[2J" + "x".repeat(5000) + " 1 16"))
                .getMessage();
        assertTrue(message.length() < 400, message);
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    }
}
