from deploy.embedded.kafka_jars import VERSION, installed_jars, known_sums, sum_of


class TestTheInstalledJars:
    def test_are_exactly_the_known_ones(self) -> None:
        sums = {jar.name: sum_of(jar) for jar in installed_jars().iterdir()}

        assert sums == known_sums()

    def test_of_kafka_have_one_version(self) -> None:
        kafka = [name for name in known_sums() if name.startswith("kafka")]

        versions = {name.removesuffix(".jar").rpartition("-")[2] for name in kafka}

        assert versions == {VERSION}

    def test_hold_the_broker_with_its_tools_and_a_way_to_log(self) -> None:
        names = {name.rpartition("-")[0] for name in known_sums()}

        assert {"kafka_2.13", "kafka-clients", "kafka-metadata", "log4j-slf4j-impl"} <= names

    def test_of_log4j_have_one_version(self) -> None:
        log4j = [name for name in known_sums() if name.startswith("log4j")]

        versions = {name.removesuffix(".jar").rpartition("-")[2] for name in log4j}

        assert len(versions) == 1
